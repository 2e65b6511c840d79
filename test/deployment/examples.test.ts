import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import t from 'tap';
import { parse } from 'yaml';
import { hangUp, send } from '../../scripts/demo/request.ts';
import { formatAddress } from '../../src/address.ts';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { dig, keys, list } from './dig.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
/** What a process takes beside `memory.limit`, by docs/deployment.md; MiB. */
const BESIDE = 200;
const LIMIT = 256;
const DRAIN = 30;
const TOKENS = { CACHESIDE_OPERATOR_TOKEN: 'operator', CACHESIDE_PROMETHEUS_TOKEN: 'prometheus' };

t.teardown(hangUp);
const origin = await startOrigin((_req, res) => {
  res.sendDate = false;
  res.end('hello');
});
t.teardown(() => origin.close());

for (const path of ['config/compose/proxy.yaml', 'config/kubernetes/base/proxy.yaml'])
  t.test(`${path} loads, starts and answers`, async (t) => {
    const config = loadConfig({
      file: join(ROOT, path),
      flags: { upstream: origin.url, listen: '127.0.0.1:0', adminListen: '127.0.0.1:0' },
      env: { ...TOKENS, UPSTREAM_URL: origin.url },
    });
    const log = pino({ level: 'silent' });
    const app = createApp(
      { ...config, drainDelay: 0, log: { ...config.log, access: false } },
      { log, logOutput: process.stdout, loadConfig: () => config },
    );
    t.teardown(() => app.close({ force: true }));
    const { proxy, admin } = await app.listen();
    const url = `http://${formatAddress(proxy)}/products/1`;
    const adminUrl = `http://${admin === undefined ? '' : formatAddress(admin)}`;
    t.equal((await send({ url })).text, 'hello');
    t.match((await send({ url })).headers, { 'cache-status': /hit; ttl=60/ });
    const as = (token: string) => ({ authorization: `Bearer ${token}` });
    const purge = (token: string) =>
      send({ url: `${adminUrl}/purge`, method: 'POST', headers: as(token), json: { tag: 'product-1' } });
    t.equal((await send({ url: `${adminUrl}/metrics` })).status, 401);
    t.equal((await send({ url: `${adminUrl}/metrics`, headers: as('prometheus') })).status, 200);
    t.equal((await purge('prometheus')).status, 403);
    t.match((await purge('operator')).text, /"matched": 1/);
  });

t.test('config/compose/compose.yaml agrees with what it runs', async (t) => {
  const compose: unknown = parse(read('config/compose/compose.yaml'), { merge: true });
  const services = keys(compose, 'services');
  const config = loadConfig({
    file: join(ROOT, 'config/compose/proxy.yaml'),
    flags: {},
    env: { ...TOKENS, UPSTREAM_URL: origin.url },
  });
  for (const name of ['cacheside', 'cacheside-2']) {
    const service = dig(compose, 'services', name);
    t.match(service, {
      mem_limit: `${LIMIT + BESIDE}m`,
      read_only: true,
      cap_drop: ['ALL'],
      command: [
        '--config',
        list(service, 'volumes', 0).length === 0 ? String(dig(service, 'volumes', 0)).split(':')[1] : '',
      ],
    });
    t.ok(Number.parseInt(String(dig(service, 'stop_grace_period')), 10) > DRAIN);
    const files = Object.entries(Object(dig(service, 'environment')))
      .filter(([variable]) => variable.endsWith('_FILE'))
      .map(([, file]) => String(file).replace('/run/secrets/', ''));
    t.same(files.sort(), list(service, 'secrets').map(String).sort(), name);
    t.match(
      String(dig(service, 'ports', 1)),
      new RegExp(`^127\\.0\\.0\\.1:\\d+:${config.admin.listen?.port}$`),
    );
  }
  t.equal(config.memory?.limit, LIMIT * 1024 * 1024);
  t.equal(config.drainDelay + config.drainTimeout, DRAIN * 1_000);
  const published = services.flatMap((name) =>
    list(compose, 'services', name, 'ports').map((port) => String(port).replace(/:\d+$/, '')),
  );
  t.equal(new Set(published.map((port) => port.split(':').at(-1))).size, published.length, 'no port twice');
  for (const name of services)
    for (const volume of list(compose, 'services', name, 'volumes').map(String)) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) t.ok(existsSync(join(ROOT, 'config/compose', source)), volume);
      else t.ok(keys(compose, 'volumes').includes(source), volume);
    }
  const prometheus: unknown = parse(read('config/prometheus/prometheus.yaml'));
  const [scrape] = list(prometheus, 'scrape_configs');
  t.equal(
    dig(scrape, 'authorization', 'credentials_file'),
    dig(compose, 'services', 'prometheus', 'secrets', 0, 'target'),
  );
  t.match(dig(scrape, 'dns_sd_configs', 0), { names: ['cacheside'], port: config.admin.listen?.port });
});
