import { Agent, get } from 'node:http';
import t from 'tap';
import { checkOutcomes } from '../../bench/answer-check.ts';
import { type Ground, holdContest } from '../../bench/contest.ts';
import type { Load, LoadGenerator } from '../../bench/load-generator.ts';
import { compilePrograms } from '../../bench/programs.ts';
import { formatTable, rowsOf } from '../../bench/report.ts';
import { SCENARIOS, type Scenario } from '../../bench/scenario.ts';

const programs = compilePrograms();
t.teardown(() => programs.remove());

/** A hundred requests on one connection: enough to see every scenario at work. */
const generator: LoadGenerator = {
  name: 'a hundred requests',
  warning: undefined,
  async run({ url, paths }: Load) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const started = performance.now();
    let errors = 0;
    for (let i = 0; i < 100; i++) {
      const path = paths.kind === 'one' ? paths.path : paths.prefix + (paths.kind === 'cycle' ? i % 10 : i);
      const status = await new Promise<number>((resolve, reject) => {
        get(url + path, { agent }, (res) => res.resume().on('end', () => resolve(res.statusCode ?? 0))).on(
          'error',
          reject,
        );
      });
      if (status !== 200) errors++;
    }
    agent.destroy();
    const seconds = (performance.now() - started) / 1000;
    return { requests: 100, requestsPerSecond: 100 / seconds, p50: 1, p99: 1, errors };
  },
};

const ground: Ground = {
  schedule: { rounds: 2, seconds: 0, warmUp: 0, connections: 1 },
  cores: undefined,
  programs,
  generator,
  progress: () => {},
};

/** One for each peer: starting them is what takes the time here. */
const NAMES = ['hit 1 KiB', 'revalidation', 'Redis hit 1 KiB'];
const scenarios = SCENARIOS.filter(({ name }) => NAMES.includes(name));

t.test('a scenario gives a row for Cacheside, each of its variants and its peer', async (t) => {
  const results = await Promise.all(scenarios.map((scenario) => holdContest(scenario, ground)));
  const rows = results.flatMap(rowsOf);
  t.equal(rows.length, NAMES.length * 4);
  for (const row of rows) {
    const what = `${row.scenario}, ${row.server}`;
    t.ok(row.requestsPerSecond > 0, `${what}: requests/s`);
    t.equal(row.ratio === undefined, /^(?:bare )?node:http/.test(row.server), `${what}: ratio to the peer`);
  }
  t.equal(formatTable(rows).split('\n').length, rows.length + 2);
});

t.test('a run breaks off where the answers are not what is measured', async (t) => {
  const [hit] = SCENARIOS as readonly [Scenario];
  const wrong: Scenario = { ...hit, cacheStatus: /detail=redis$/ };
  await t.rejects(holdContest(wrong, ground), { message: /should not have answered 200, cacheside; hit/ });
});

t.test('a run breaks off where Cacheside counted something else', (t) => {
  const [hit] = SCENARIOS as readonly [Scenario];
  const before = { hit: 10, miss: 1 };
  const sent = { requests: 10_000, connections: 64 };
  t.doesNotThrow(() => checkOutcomes(hit, before, { hit: 10_010, miss: 1 }, sent));
  t.doesNotThrow(
    () => checkOutcomes(hit, before, { hit: 10_010, miss: 75 }, sent),
    'one in a thousand, 64 cut',
  );
  t.throws(() => checkOutcomes(hit, before, { hit: 10_010, miss: 200 }, sent), { message: /199 miss/ });
  t.throws(() => checkOutcomes(hit, before, { hit: 9_000, miss: 1 }, sent), { message: /counted 8990 hit$/ });
  t.end();
});
