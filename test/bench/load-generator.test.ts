import t from 'tap';
import { createAutocannon, findLoadGenerator, type LoadGenerator } from '../../bench/load-generator.ts';
import { compilePrograms } from '../../bench/programs.ts';
import { startOrigin } from '../fixtures/origin.ts';

const programs = compilePrograms();
t.teardown(() => programs.remove());

const found = findLoadGenerator(programs, undefined);
const autocannon = createAutocannon(programs, undefined);
const generators: readonly LoadGenerator[] = found.name === 'autocannon' ? [autocannon] : [found, autocannon];

for (const generator of generators) {
  t.test(`${generator.name} asks for the paths it is told and counts what fails`, async (t) => {
    const origin = await startOrigin((req, res) => {
      res.writeHead(req.url === '/bad' ? 500 : 200).end('ok');
    });
    t.teardown(() => origin.close());
    const load = { url: origin.url, seconds: 1, connections: 2 };

    const cycle = await generator.run({ ...load, paths: { kind: 'cycle', prefix: '/p/', count: 3 } });
    t.ok(cycle.requests > 0 && cycle.requestsPerSecond > 0 && cycle.p99 >= cycle.p50);
    t.equal(cycle.errors, 0);
    t.same([...new Set(origin.requests.map(({ url }) => url))].sort(), ['/p/0', '/p/1', '/p/2']);

    const { requests, errors } = await generator.run({ ...load, paths: { kind: 'one', path: '/bad' } });
    t.equal(errors, requests, 'a status that is no success is an error');
    origin.requests.length = 0;
    await generator.run({ ...load, paths: { kind: 'new', prefix: '/n/' } });
    t.equal(new Set(origin.requests.map(({ url }) => url)).size, origin.requests.length, 'none twice');
  });
}
