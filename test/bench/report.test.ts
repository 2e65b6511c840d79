import t from 'tap';
import { BAR, type Demand, judgeBar } from '../../bench/bar.ts';
import type { ContestResult, Measurement, Standing } from '../../bench/measurement.ts';
import { readOptions } from '../../bench/options.ts';
import { formatBar, formatRows } from '../../bench/report.ts';
import { rowsOf } from '../../bench/row.ts';
import { SCENARIOS } from '../../bench/scenarios.ts';

const measured = (some: Partial<Measurement>): Measurement => ({
  requests: 1000,
  requestsPerSecond: 1000,
  p50: 1,
  p99: 2,
  p999: 3,
  slowest: 4,
  bytes: 1,
  errors: 0,
  cpuPerMillion: 10,
  busy: 1,
  upstreamRequests: 0,
  storedBytes: Number.NaN,
  ...some,
});

const standing = (server: string, ...rounds: readonly Partial<Measurement>[]): Standing => ({
  server,
  rounds: rounds.map(measured),
  peakMemory: 300 * 2 ** 20,
});

const contest = (scenario: string, ...standings: readonly Standing[]): ContestResult => ({
  scenario,
  standings,
});

const demand = (text: string): Demand => {
  const found = BAR.find((each) => each.text === text);
  if (found === undefined) throw new Error(`no such demand: ${text}`);
  return found;
};

t.test('a demand is judged without access log, round by round', (t) => {
  const hit = demand('hit 1 KiB ≥ 1.0 × nginx');
  const nginx = standing(
    'nginx',
    { requestsPerSecond: 1000 },
    { requestsPerSecond: 500 },
    { requestsPerSecond: 1000 },
  );
  const own = standing(
    'Cacheside, no access log',
    { requestsPerSecond: 1100, cpuPerMillion: 20 },
    { requestsPerSecond: 600, cpuPerMillion: 20 },
    { requestsPerSecond: 900, cpuPerMillion: 20 },
  );
  const shipped = standing('Cacheside', {}, { requestsPerSecond: 400 }, { requestsPerSecond: 900 });
  const judged = judgeBar(hit, [contest('hit 1 KiB', own, shipped, nginx)]);
  t.same(judged, { withoutLog: '1.1 ×', shipped: '0.9 ×', perCpu: '0.5 ×', verdict: 'met' });
  t.equal(
    judgeBar(hit, [contest('hit 1 KiB', shipped, nginx)]).verdict,
    'missed',
    'as shipped where that is all',
  );
  t.equal(judgeBar(hit, [contest('hit 1 KiB', own)]).verdict, 'unmeasured');
  t.equal(judgeBar(hit, []).verdict, 'unmeasured');
  t.end();
});

t.test('processor time decides only where the load was the limit', (t) => {
  const hit = demand('hit 1 KiB ≥ 1.0 × nginx');
  const nginx = standing('nginx', { cpuPerMillion: 20 });
  const judge = (busy: number) =>
    judgeBar(hit, [
      contest('hit 1 KiB', standing('Cacheside, no access log', { requestsPerSecond: 950, busy }), nginx),
    ]).verdict;
  t.equal(judge(0.7), 'met-by-processor-time');
  t.equal(judge(0.99), 'missed');
  t.end();
});

t.test('the best Node peer is the one that leaves the least', (t) => {
  const miss = demand('miss, stored ≥ 1.4 × the best Node peer');
  const judged = judgeBar(miss, [
    contest(
      'miss, stored',
      standing('Cacheside, no access log', { requestsPerSecond: 1500 }),
      standing('node:http + undici cache', { requestsPerSecond: 500 }),
      standing('node:http + undici + lru-cache', { requestsPerSecond: 1200 }),
    ),
  ]);
  t.equal(judged.withoutLog, '1.25 ×');
  t.equal(judged.verdict, 'missed');
  t.end();
});

t.test('times, counts and bytes are judged by their own bounds', (t) => {
  const own = (some: Partial<Measurement>) => standing('Cacheside', some);
  const cases = [
    ['expiry: p99.9 ≤ Varnish’s', [own({ p999: 2.5 }), standing('Varnish', {})], 'met'],
    ['expiry: p99.9 ≤ Varnish’s', [own({ p999: 3.5 }), standing('Varnish', {})], 'missed'],
    ['stampede of 500: one upstream request', [own({ upstreamRequests: 1 })], 'met'],
    ['stampede of 500: one upstream request', [own({ upstreamRequests: 2 })], 'missed'],
    ['stampede: the last answer within 1.2 × the upstream’s 500 ms', [own({ slowest: 590 })], 'met'],
    ['stampede: the last answer within 1.2 × the upstream’s 500 ms', [own({ slowest: 610 })], 'missed'],
    ['overfull memory: peak RSS ≤ 256 + 130 MiB', [own({})], 'met'],
    ['overfull memory: ≥ 230 MiB still hit', [own({ storedBytes: 240 * 2 ** 20 })], 'met'],
    ['overfull memory: ≥ 230 MiB still hit', [own({ storedBytes: 220 * 2 ** 20 })], 'missed'],
    ['start to first answer ≤ 0.5 s', [own({ slowest: 300 })], 'met'],
  ] as const;
  for (const [text, standings, verdict] of cases) {
    const { scenario } = demand(text);
    t.equal(judgeBar(demand(text), [contest(scenario, ...standings)]).verdict, verdict, text);
  }
  t.end();
});

t.test('each demand names a scenario that measures it, with its peers', (t) => {
  for (const { text, scenario, figure } of BAR) {
    const found = SCENARIOS.find(({ name }) => name === scenario);
    const peers = 'peers' in figure ? figure.peers : [];
    t.ok(found !== undefined && peers.every((id) => found.peers.includes(id)), text);
  }
  t.end();
});

t.test('a table shows what a trial gives, and no empty column', (t) => {
  const rows = rowsOf(
    contest(
      'x',
      standing('Cacheside', { requestsPerSecond: 1234.5 }),
      standing('nginx', { requestsPerSecond: 617.25 }),
    ),
  );
  const [heading = '', , cacheside = '', nginx = ''] = formatRows(rows).split('\n');
  t.match(heading, /^\| server +\| requests\/s \| +Cacheside ÷ it \|/);
  t.notMatch(heading, /no access log|still stored/);
  t.match(cacheside, /^\| Cacheside \| +1,235 \| +\| /);
  t.match(nginx, /^\| nginx +\| +617 \| 2\.00 \(2\.00–2\.00\) \|/);
  t.equal(
    new Set(
      formatRows(rows)
        .split('\n')
        .map(({ length }) => length),
    ).size,
    1,
    'aligned',
  );
  t.match(formatBar([], true), /not measured/);
  t.notMatch(formatBar([], false), /not measured/);
  t.end();
});

t.test('options choose, and name what there is where they cannot', (t) => {
  const options = readOptions([
    '--scenario',
    '304',
    '--peer',
    'nginx',
    '--quick',
    '--rounds',
    '7',
    '--tree',
    '.',
  ]);
  t.same(
    options.scenarios.map(({ name }) => name),
    ['304'],
  );
  t.same(options.peers, ['nginx']);
  t.same([options.schedule.rounds, options.schedule.seconds], [7, 1]);
  t.same(readOptions(['--peer', 'none']).peers, []);
  const refused = [
    [['--scenario', 'nope'], /no scenario "nope"; there are "hit 1 KiB", /],
    [['--peer', 'apache'], /no peer "apache"/],
    [['--variant', 'x'], /no variant "x"/],
    [['--rounds', '0'], /whole number/],
    [['--against', '/'], /no bin\/cacheside/],
    [['--update-docs', '--quick'], /needs a whole run/],
  ] as const;
  for (const [args, message] of refused) t.throws(() => readOptions(args), { message });
  t.end();
});
