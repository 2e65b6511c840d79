import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { LoadResult } from '../../bench/load.ts';
import {
  createAutocannon,
  findLoadGenerator,
  type LoadGenerator,
  runProgram,
} from '../../bench/load-generator.ts';
import { compilePrograms } from '../../bench/programs.ts';
import { type RequestPlan, writeRequests } from '../../bench/request-plan.ts';
import { startOrigin } from '../fixtures/origin.ts';

const programs = compilePrograms();
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
t.teardown(() => {
  programs.remove();
  rmSync(folder, { recursive: true, force: true });
});

const found = findLoadGenerator(programs, undefined);
const autocannon = createAutocannon(programs, undefined);
const own: LoadGenerator = {
  name: 'load-paced',
  warning: undefined,
  run: (load) =>
    runProgram<LoadResult>(programs, 'load-paced', [JSON.stringify({ ...load, rate: 500 })], undefined),
};
t.jobs = 3;
const generators = [...new Set([found.name === 'autocannon' ? autocannon : found, autocannon, own])];

for (const generator of generators) {
  // At the same time: each takes its seconds.
  t.test(
    `${generator.name} sends the requests it is told and counts what fails`,
    { buffered: true },
    async (t) => {
      const origin = await startOrigin((req, res) => {
        res.writeHead(req.url === '/bad' ? 500 : 200, { 'Content-Length': 2 }).end('ok');
      });
      t.teardown(() => origin.close());
      const named = ({ rawHeaders }: { readonly rawHeaders: readonly string[] }, name: string) =>
        rawHeaders[rawHeaders.findIndex((text) => text.toLowerCase() === name) + 1];
      const run = (plan: RequestPlan) => {
        origin.requests.length = 0;
        const file = join(folder, `requests-${origin.port}`);
        writeRequests(file, plan);
        return generator.run({ url: origin.url, seconds: 1, connections: 2, file, turn: 7 });
      };

      const paths = ['/p/0', '/p/1', '/n/{n}'];
      const several = await run({ paths, fields: (i) => [`X-Index: ${i}`] });
      t.ok(several.requests > 0 && several.requestsPerSecond > 0 && several.p99 >= several.p50);
      t.equal(several.errors, 0);
      t.ok(several.bytes > several.requests * 40, 'heads and bodies');
      const asked = origin.requests.map(
        (each) => `${each.url} ${named(each, 'host')} ${named(each, 'x-index')}`,
      );
      const known = asked.filter((each) => !each.startsWith('/n/'));
      t.same([...new Set(known)].sort(), ['/p/0 shop.example 0', '/p/1 shop.example 1']);
      const fresh = asked.filter((each) => each.startsWith('/n/'));
      t.ok(Math.abs(fresh.length - asked.length / 3) < 10, 'each in turn');
      t.equal(new Set(fresh).size, fresh.length, 'none twice');
      t.match(fresh[0], /^\/n\/7-\d+ shop\.example 2$/);

      const { requests, errors } = await run({ paths: ['/bad'] });
      t.equal(errors, requests, 'a status that is no success is an error');
      t.equal(named(origin.requests[0] ?? { rawHeaders: [] }, 'host'), 'shop.example');
    },
  );
}
