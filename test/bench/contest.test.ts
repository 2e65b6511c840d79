import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { checkOutcomes, checkWork } from '../../bench/answer-check.ts';
import { holdContest } from '../../bench/contest.ts';
import type { Ground } from '../../bench/ground.ts';
import type { Load } from '../../bench/load.ts';
import type { LoadGenerator } from '../../bench/load-generator.ts';
import { installedServers, PEER_NAMES, type PeerId } from '../../bench/peer.ts';
import { compilePrograms } from '../../bench/programs.ts';
import { HOST, readRequests } from '../../bench/request-plan.ts';
import { rowsOf } from '../../bench/row.ts';
import type { Scenario } from '../../bench/scenario.ts';
import { SCENARIOS } from '../../bench/scenarios.ts';
import { OWN_TREE } from '../../bench/server-under-test.ts';

const programs = compilePrograms();
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
t.teardown(() => {
  programs.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** A hundred requests on one connection: enough to see every scenario at work. */
const generator: LoadGenerator = {
  name: 'a hundred requests',
  warning: undefined,
  async run({ url, file, turn }: Load) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const requests = readRequests(file);
    const started = performance.now();
    let errors = 0;
    let bytes = 0;
    for (let i = 0; i < 100; i++) {
      const [, path = ''] = /^GET (\S+)/.exec(requests[i % requests.length] ?? '') ?? [];
      const target = url + path.replace('{n}', `${turn}-${i}`);
      const options = { agent, headers: { Host: HOST } };
      const status = await new Promise<number>((resolve, reject) => {
        get(target, options, (res) => {
          bytes += Number(res.headers['content-length']);
          res.resume().on('end', () => resolve(res.statusCode ?? 0));
        }).on('error', reject);
      });
      if (status !== 200) errors++;
    }
    agent.destroy();
    const requestsPerSecond = 100_000 / (performance.now() - started);
    return { requests: 100, requestsPerSecond, p50: 1, p99: 1, p999: 1, slowest: 1, bytes, errors };
  },
};

const installed = installedServers();
const ALL = (Object.keys(PEER_NAMES) as PeerId[]).filter((id) => !(id in installed) || installed[id]);
const ground: Ground = {
  schedule: { rounds: 1, seconds: 1, warmUp: 0, connections: 1 },
  cores: undefined,
  programs,
  generator,
  tree: OWN_TREE,
  against: [],
  peers: new Set(ALL.filter((id) => id !== 'ioredis-loop')),
  variants: ['shipped'],
  folder,
  progress: () => {},
};

/** Among them every peer: starting them is what takes the time here. */
const scenarios: readonly Scenario[] = ['hit 1 KiB', 'Redis hit', 'stampede']
  .map((name) => SCENARIOS.find((scenario) => scenario.name === name) as Scenario)
  .map((scenario) => ({ ...scenario, primed: scenario.primed.slice(0, 100) }))
  .map((scenario) => {
    if (scenario.redis) return { ...scenario, plan: () => ({ paths: scenario.primed }) };
    return scenario.name === 'stampede' ? { ...scenario, peers: [] } : scenario;
  });

t.test('a scenario gives a row for Cacheside and for each peer that is installed', async (t) => {
  const left: string[] = [];
  const results = await Promise.all(
    scenarios.map((scenario) => holdContest(scenario, { ...ground, progress: (line) => left.push(line) })),
  );
  t.same(
    left.filter((line) => line.includes('left out')),
    [],
  );
  for (const [i, result] of results.entries()) {
    const wanted = scenarios[i]?.peers.filter((id) => ground.peers.has(id)).map((id) => PEER_NAMES[id]);
    const rows = rowsOf(result);
    t.same(
      rows.map(({ server }) => server),
      ['Cacheside', ...(wanted ?? [])],
    );
    for (const row of rows) {
      t.ok(row.requestsPerSecond > 0, `${row.scenario}, ${row.server}: requests/s`);
      t.equal(row.ratio === undefined, row.server === 'Cacheside', `${row.scenario}, ${row.server}: ratio`);
    }
  }
});

t.test(
  'a run breaks off where Cacheside does something else, and goes on without a peer that does',
  async (t) => {
    const [hit] = scenarios as readonly [Scenario, ...Scenario[]];
    const wrong: Scenario = { ...hit, peers: [], cacheStatus: /detail=redis$/ };
    await t.rejects(holdContest(wrong, ground), { message: /should not have answered 200, cacheside; hit/ });
    // It answers anything, so the upstream is not asked.
    const asking: Scenario = {
      ...hit,
      peers: ['bare'],
      primed: [],
      sample: '/products/1',
      plan: () => ({ paths: ['/products/{n}'] }),
      cacheStatus: /uri-miss/,
      outcomes: ['miss'],
      upstreamShare: [1, 1],
    };
    const said: string[] = [];
    const result = await holdContest(asking, { ...ground, progress: (line) => said.push(line) });
    t.same(
      result.standings.map(({ server }) => server),
      ['Cacheside'],
    );
    t.match(said.join('\n'), /left out: bare node:http: .* the upstream was asked 0 times/);
  },
);

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

t.test('a server did what the scenario says if its upstream and its answers say so', (t) => {
  const asked = { name: 'x', upstreamShare: [0.5, 0.6], answerBytes: [100, 200] } as const;
  const sent = { requests: 10_000, bytes: 1_500_000, errors: 0 };
  t.doesNotThrow(() => checkWork(asked, sent, 5_500, 10));
  const cases = [
    { what: 'too few', sent, upstream: 4_900, says: /asked 4900 times/ },
    { what: 'too many', sent, upstream: 6_100, says: /asked 6100 times/ },
    { what: 'short answers', sent: { ...sent, bytes: 900_000 }, upstream: 5_500, says: /has 90 bytes/ },
    { what: 'long answers', sent: { ...sent, bytes: 2_100_000 }, upstream: 5_500, says: /has 210 bytes/ },
    { what: 'errors', sent: { ...sent, errors: 1 }, upstream: 5_500, says: /1 errors/ },
  ];
  for (const { what, sent, upstream, says } of cases) {
    t.throws(() => checkWork(asked, sent, upstream, 10), { message: says }, what);
  }
  t.end();
});
