// npm run demo: the product API and Cacheside (twice, where there is a Redis to share) as processes, a tour
// of real requests, and then all keep running until Ctrl-C. `--once` ends after the tour; its exit code
// tells how that went.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from './demo/child.ts';
import { portNear } from './demo/ports.ts';
import { clearNamespace } from './demo/redis.ts';
import { hangUp, send } from './demo/request.ts';
import { paint, say } from './demo/terminal.ts';
import { takeTour } from './demo/tour.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LATENCY_MS = 40;
const NAMESPACE = `cacheside-demo-${process.pid}`;

const once = process.argv.includes('--once');
const { REDIS_URL = '' } = process.env;
const folder = mkdtempSync(join(tmpdir(), 'cacheside-demo-'));
const children: Child[] = [];
let ending: Promise<void> | undefined;

/** Ends the children in order, the proxy before what it stands before, and removes what was made. */
function end(code: number): Promise<void> {
  ending ??= (async () => {
    hangUp();
    for (const child of children.toReversed()) await child.stop();
    if (REDIS_URL !== '') await clearNamespace(REDIS_URL, NAMESPACE);
    rmSync(folder, { recursive: true, force: true });
    process.exit(code);
  })();
  return ending;
}

/** Ctrl-C reaches us more than once when npm and tsx pass it on: the first one counts. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (ending === undefined) say(`\n${paint('dim', 'Stopping …')}`);
    void end(once ? 130 : 0);
  });
}

async function chosenPort(what: string, wanted: number): Promise<number> {
  const port = await portNear(wanted);
  if (port !== wanted) say(paint('yellow', `Port ${wanted} is taken: ${what} gets ${port}.`));
  return port;
}

async function startApi(port: number): Promise<string> {
  const server = join(ROOT, 'examples/product-api/server.ts');
  const flags = [`--port=${port}`, `--database=${join(folder, 'products.db')}`, `--latency=${LATENCY_MS}`];
  const child = startChild(process.execPath, ['--import=tsx', server, ...flags]);
  children.push(child);
  const [, url = ''] = await child.line(/listening on (\S+)/);
  return url;
}

async function startCacheside(upstream: string, proxy: string, admin: string): Promise<Child> {
  const config = join(ROOT, 'proxy.example.yaml');
  const flags = ['-c', config, '--listen', proxy, '--admin-listen', admin, '--namespace', NAMESPACE];
  const redis = REDIS_URL === '' ? {} : { REDIS_URL };
  const child = startChild(process.execPath, [join(ROOT, 'bin/cacheside'), ...flags], {
    env: { UPSTREAM_URL: upstream, ...redis },
  });
  children.push(child);
  await ready(child, `http://${admin}/readyz`);
  return child;
}

async function startReplica(upstream: string): Promise<{ proxy: string; admin: string }> {
  const proxy = `127.0.0.1:${await chosenPort('the second proxy', 8081)}`;
  const admin = `127.0.0.1:${await chosenPort('its admin port', 9091)}`;
  await startCacheside(upstream, proxy, admin);
  return { proxy: `http://${proxy}`, admin: `http://${admin}` };
}

/** Waits until `url` answers 200; throws when the child ends first, or after 15 s. */
async function ready(child: Child, url: string): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (child.running && performance.now() < deadline) {
    const response = await send({ url }).catch(() => undefined);
    if (response?.status === 200) return;
    await delay(50);
  }
  throw new Error(`Cacheside did not get ready; it said:\n${child.lines.join('\n')}`);
}

/** One request in one line for people; any other log line as it is. */
function briefly(line: string): string {
  try {
    const { method, path, status, route, outcome, servedFrom, duration } = JSON.parse(line);
    if (outcome === undefined) return line;
    return `${method} ${path}  ${status}  ${outcome}, from ${servedFrom}, route ${route ?? 'none'}, ${duration} ms`;
  } catch {
    return line;
  }
}

async function main(): Promise<void> {
  const api = await startApi(await chosenPort('the product API', 3000));
  const proxy = `127.0.0.1:${await chosenPort('the proxy', 8080)}`;
  const admin = `127.0.0.1:${await chosenPort('the admin port', 9090)}`;
  const cacheside = await startCacheside(api, proxy, admin);
  const replica = REDIS_URL === '' ? undefined : await startReplica(api);

  const tiers = REDIS_URL === '' ? 'memory (Redis as well if REDIS_URL is set)' : 'memory and Redis';
  say();
  say(`  product API  ${api}  1,000 products, ${LATENCY_MS} ms of work per request`);
  say(`  Cacheside    http://${proxy}  proxy.example.yaml, tiers: ${tiers}`);
  if (replica !== undefined) say(`  replica      ${replica.proxy}  the same on the same Redis`);
  say();

  const failures = await takeTour({ proxy: `http://${proxy}`, admin: `http://${admin}`, replica });
  say();
  if (failures > 0) say(paint('red', `${failures} of these answers were not what they should be.`));
  if (once || failures > 0) return end(failures > 0 ? 1 : 0);

  say(`  proxy        http://${proxy}/products`);
  say(`  dashboard    http://${admin}/`);
  say(`  stats        http://${admin}/stats`);
  say(`  metrics      http://${admin}/metrics`);
  say(`  readiness    http://${admin}/readyz`);
  say(`  product API  ${api}/products`);
  say();
  say('All of it keeps running, and below is the access log. Ctrl-C ends it.');
  cacheside.follow((line) => {
    if (ending === undefined) say(paint('dim', briefly(line)));
  });
  const [which, code] = await Promise.race(
    children.map(
      async (child, index) => [index === 0 ? 'The product API' : 'Cacheside', await child.exited] as const,
    ),
  );
  if (ending !== undefined) return ending;
  say(paint('red', `${which} ended with ${code}.`));
  return end(1);
}

try {
  await main();
} catch (error) {
  if (ending === undefined)
    say(paint('red', `FAILED: ${error instanceof Error ? error.message : String(error)}`));
  await end(1);
}
