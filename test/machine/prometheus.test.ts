import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { createMetrics } from '../../src/observe/metrics.ts';
import { freePort, startRedis } from '../fixtures/redis-server.ts';
import { eventually, type Sidecar, startSidecar } from '../fixtures/sidecar.ts';
import { settled } from '../fixtures/stats.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RULES = join(ROOT, 'config/prometheus');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Runs promtool, which must be there: what it has not checked is not known to work. */
function promtool(args: readonly string[], input = ''): { readonly ok: boolean; readonly said: string } {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  if (error !== undefined) {
    throw new Error('promtool is not on PATH: apt-get install prometheus, or get it from prometheus.io', {
      cause: error,
    });
  }
  return { ok: status === 0, said: `${stdout}${stderr}` };
}

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

function rulesOf(file: string): readonly Rule[] {
  const { groups } = parse(readFileSync(join(RULES, file), 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

const dashboard = JSON.parse(read('config/grafana/dashboard.json')) as {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
};
const PANELS = dashboard.panels.filter(({ type }) => type !== 'row');

/** As Grafana would send it with everything chosen. */
function asked(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '10s')
    .replaceAll('$job', 'cacheside')
    .replaceAll(/\$(?:instance|route)\b/g, '.+');
}

/** Names of the metrics that an expression is made of, its labels and what it is grouped by left out. */
function metricsIn(expr: string): string[] {
  return [
    ...expr
      .replaceAll(/\{[^}]*\}|"[^"]*"/g, '')
      .matchAll(/\b(?:cacheside|process|nodejs)_\w+|\b\w+:\w+:\w+|\bup\b/g),
  ].map(([name]) => name);
}

const WORKERS = ['cacheside_workers', 'cacheside_worker_restarts_total'];

t.test('what Prometheus and Grafana are told of a sidecar', async (t) => {
  const redis = await startRedis();
  const origin = createServer((req, res) => {
    if (req.url === '/broken') return res.destroy();
    res.sendDate = false;
    res.setHeader('cache-control', 'max-age=60');
    res.end(`body of ${req.url}`);
  });
  await once(origin.listen(0, '127.0.0.1'), 'listening');
  const { port } = origin.address() as AddressInfo;
  const sidecar = await startSidecar(
    `http://127.0.0.1:${port}`,
    `redis: ${redis.url}\nroutes:\n  - { name: all, match: 'GET /*', ttl: 1m }\n`,
  );
  t.teardown(async () => {
    await sidecar.close();
    origin.closeAllConnections();
    origin.close();
    await redis.stop();
  });
  await settled(sidecar);
  await traffic(sidecar);
  const text = (await sidecar.admin('/metrics')).text;
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]),
  );
  // Only a primary has these.
  const ofPrimary = createMetrics({
    routeNames: [],
    memory: () => undefined,
    redis: () => undefined,
    purges: () => ({ applied: 0, pending: 0, trusted: true, confirmedAgo: 0, beyondLease: false }),
    workers: () => ({ running: 1, restarts: 0 }),
  });
  const primary = await ofPrimary.text();
  for (const name of WORKERS) {
    const type = new RegExp(`^# TYPE ${name} (\\S+)$`, 'm').exec(primary)?.[1];
    if (type !== undefined) types.set(name, type);
  }
  const own = [...types.keys()].filter((name) => name.startsWith('cacheside_')).sort();
  /** What a query may name: of a histogram its three series. */
  const known = new Set([
    'up',
    ...[...types].flatMap(([name, type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
    ...rulesOf('rules.yaml').flatMap(({ record }) => record ?? []),
  ]);

  t.test('names keep to the conventions', async (t) => {
    for (const exposed of [text, primary]) {
      const { ok, said } = promtool(['check', 'metrics'], exposed);
      t.equal(said, '', 'promtool has nothing to say');
      t.ok(ok);
    }
    t.notOk(promtool(['check', 'metrics'], '# HELP a_total x\n# TYPE a_total gauge\na_total 1\n').ok);
    for (const [name, type] of types) {
      t.equal(/_total$/.test(name), type === 'counter', `${name}: a total is a counter`);
      const [unit] = /(?:seconds|bytes|milliseconds|ms|percent|ratio|kb|minutes)(?=_|$)/.exec(name) ?? [];
      if (unit === undefined) continue;
      t.match(unit, /^(?:seconds|bytes|ratio)$/, `${name}: a base unit`);
      t.match(name, new RegExp(`${unit}(?:_total)?$`), `${name}: its unit comes last`);
    }
  });

  t.test('docs/metrics.md has every metric with its type and labels, and no other', async (t) => {
    const rows = [
      ...read('docs/metrics.md').matchAll(/^\| `(cacheside_\w+)` \| (\w+) \|([^|]*)\| [^|]+ \|$/gm),
    ];
    t.same(rows.map(([, name]) => name).sort(), own);
    for (const [, name = '', type, labels = ''] of rows) {
      t.equal(type, types.get(name), `${name} is a ${type}`);
      const series = new RegExp(`^${name}(?:_bucket)?(?:\\{(.*)\\})? `, 'm').exec(text)?.[1] ?? '';
      const shown = [...series.matchAll(/(\w+)="/g)]
        .map(([, label]) => label)
        .filter((label) => label !== 'le');
      if (!WORKERS.includes(name))
        t.same([...labels.matchAll(/`(\w+)`/g)].map(([, l]) => l).sort(), shown.sort(), name);
    }
  });

  t.test('alerts and rules', async (t) => {
    for (const command of [
      ['check', 'rules', 'rules.yaml', 'alerts.yaml'],
      ['test', 'rules', 'alerts.test.yaml'],
    ]) {
      const args = command.map((arg) => (arg.endsWith('.yaml') ? join(RULES, arg) : arg));
      const { ok, said } = promtool(args);
      t.ok(ok, said);
    }
    const alerts = rulesOf('alerts.yaml');
    const tested = readFileSync(join(RULES, 'alerts.test.yaml'), 'utf8');
    const doc = read('docs/metrics.md');
    const runbook = read('docs/operations.md');
    for (const { alert = '', labels, annotations } of alerts) {
      t.match(tested, `alertname="${alert}", instance="ill"`, `${alert} is seen firing`);
      t.match(Object.keys(annotations ?? {}).sort(), ['description', 'runbook_url', 'summary']);
      t.match(runbook, new RegExp(`^#+ ${alert}$`, 'm'), `${alert} has a page to turn to`);
      t.equal(annotations?.['runbook_url'], `docs/operations.md#${alert.toLowerCase()}`);
      t.match(doc, `| [\`${alert}\`](operations.md#${alert.toLowerCase()}) | ${labels?.['severity']} |`);
    }
    for (const { expr, alert, record } of [...alerts, ...rulesOf('rules.yaml')]) {
      const strange = metricsIn(expr).filter((name) => !known.has(name));
      t.same(strange, [], `${alert ?? record} asks for what there is`);
    }
  });

  t.test('the dashboard', async (t) => {
    t.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length, 'ids are unique');
    const taken = new Map<string, string>();
    for (const { title, gridPos } of dashboard.panels) {
      const { x, y, w, h } = gridPos;
      t.ok(x >= 0 && x + w <= 24 && w > 0 && h > 0, `${title} is within the grid`);
      for (let i = x; i < x + w; i++)
        for (let j = y; j < y + h; j++) {
          const place = `${i},${j}`;
          if (taken.has(place)) t.fail(`${title} lies over ${taken.get(place)}`);
          taken.set(place, title);
        }
    }
    const used = new Set<string>();
    for (const { title, description, fieldConfig, targets = [] } of PANELS) {
      t.ok(description, `${title} says what it shows`);
      t.ok(fieldConfig?.defaults.unit, `${title} has a unit`);
      t.ok(targets.length > 0, `${title} asks for something`);
      t.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length);
      for (const { expr } of targets) {
        const named = metricsIn(expr);
        for (const name of named) used.add(name.replace(/_(?:bucket|sum|count)$/, ''));
        t.same(
          named.filter((name) => !known.has(name)),
          [],
          `${title} asks for what there is`,
        );
        t.match(expr, /job="\$job"/, `${title} asks for this job`);
      }
    }
    const unseen = own.filter((name) => !used.has(name) && name !== 'cacheside_redis_up');
    t.same(unseen, [], 'every metric of ours is on some panel');
    const names = dashboard.templating.list.map(({ name }) => name);
    t.same(names, ['datasource', 'job', 'instance', 'route']);
    const provisioning = ['datasources/prometheus.yaml', 'dashboards/cacheside.yaml'];
    for (const path of provisioning)
      t.match(parse(read(`config/grafana/provisioning/${path}`)), { apiVersion: 1 });
  });

  t.test('a real Prometheus scrapes it, and every panel has something to show', async (t) => {
    const { ask } = await startPrometheus(t, sidecar.adminPort);
    await eventually(async () => {
      await delay(100);
      await traffic(sidecar);
      return (await ask('count_over_time(cacheside_purge_log_trusted[1m]) > 2')).length > 0;
    }, 20_000);
    for (const { title, targets = [] } of PANELS) {
      for (const { expr } of targets) {
        const result = await ask(asked(expr));
        // What is filtered by being there, and what a sidecar without workers has not.
        const mayBeEmpty = / > 0$/.test(expr) || WORKERS.some((name) => expr.includes(name));
        if (!mayBeEmpty) t.ok(result.length > 0, `${title}: ${expr}`);
      }
    }
    for (const { expr } of [...dashboard.annotations.list, ...rulesOf('alerts.yaml')])
      t.ok(await ask(asked(expr)), expr);
    const [ratio] = await ask('instance:cacheside_hits:ratio_rate5m');
    t.ok(ratio !== undefined && ratio > 0.5 && ratio < 1, `hit ratio of the recording rule: ${ratio}`);
    await eventually(async () => (await ask('ALERTS{alertname!="CachesideUpstreamErrors"}')).length === 0);
  });
});

/** Some of everything that the panels divide by. */
async function traffic(sidecar: Sidecar): Promise<void> {
  for (let i = 0; i < 10; i++) await sidecar.ask(`/${i % 3}`);
  await sidecar.ask(`/new?${Math.random()}`);
  await sidecar.ask('/broken');
  await sidecar.purge({ tag: 'none' });
}

/** A Prometheus of its own by the very files of config/prometheus, but for where and how often it scrapes. */
async function startPrometheus(t: Test, adminPort: number) {
  const folder = mkdtempSync(join(tmpdir(), 'cacheside-prometheus-'));
  const port = await freePort();
  for (const file of ['rules.yaml', 'alerts.yaml', 'prometheus.yaml'])
    cpSync(join(RULES, file), join(folder, file));
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'token'), 'x'.repeat(32));
  const config = join(folder, 'prometheus.yaml');
  const text = readFileSync(config, 'utf8')
    .replaceAll(/(scrape|evaluation)_interval: 15s/g, '$1_interval: 250ms')
    .replace('/etc/prometheus/cacheside-token', join(folder, 'token'))
    .replace(/dns_sd_configs:\n.*/, `static_configs: [{ targets: ['127.0.0.1:${adminPort}'] }]`);
  t.match(text, /interval: 250ms[\s\S]*127\.0\.0\.1/, 'the example is as this test knows it');
  writeFileSync(config, text);
  const { ok, said } = promtool(['check', 'config', config]);
  t.ok(ok, said);
  const args = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`];
  const child = spawn('prometheus', [...args, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  t.teardown(async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  });
  const missing = 'prometheus is not on PATH: apt-get install prometheus, or get it from prometheus.io';
  await Promise.race([
    once(child, 'error').then(([cause]) => Promise.reject(new Error(missing, { cause }))),
    once(child, 'spawn'),
  ]);
  const ask = async (query: string): Promise<number[]> => {
    const body = new URLSearchParams({ query });
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/query`, { method: 'POST', body });
    const { status, error, data } = (await response.json()) as {
      readonly status: string;
      readonly error?: string;
      readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] };
    };
    if (status !== 'success' || data === undefined) throw new Error(`${query}: ${error}`);
    return data.result.map(({ value }) => Number(value[1]));
  };
  const isUp = () =>
    ask('vector(1)').then(
      () => true,
      () => delay(50, false),
    );
  await eventually(isUp, 20_000);
  return { ask };
}
