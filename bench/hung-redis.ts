// npx tsx bench/hung-redis.ts [SECONDS] – what a Redis that stops answering costs the requests.
//
// The same requests go, side by side, to the upstream, to a Cacheside without Redis and to one whose
// Redis is stopped (SIGSTOP) after ten seconds for SECONDS (30). Half of them are new each time, so that
// a cache has to ask somebody; each is sent at its time, however long those before it take. Runs what is
// built: npm run build.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type CachesideProcess, startCacheside } from '../test/fixtures/cacheside.ts';
import { startRedis } from '../test/fixtures/redis-server.ts';
import { compilePrograms } from './programs.ts';
import { quantile } from './quantile.ts';
import { startProgram } from './server-under-test.ts';

const HUNG = Number(process.argv[2] ?? 30) * 1_000;
const WELL = 10_000;
/** Requests a second to each of the three. */
const RATE = 200;
const HOT = 50;

interface Target {
  readonly name: string;
  readonly url: string;
  readonly took: { hot: number[]; cold: number[] };
  errors: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 2_000 });

function ask(target: Target, path: string, kind: 'hot' | 'cold'): Promise<void> {
  const began = performance.now();
  return new Promise((resolve) => {
    const failed = () => {
      target.errors++;
      resolve();
    };
    const req = request(target.url + path, { agent, timeout: 10_000 }, (res) => {
      res.resume().on('error', failed);
      res.on('end', () => {
        if (res.statusCode !== 200) target.errors++;
        target.took[kind].push(performance.now() - began);
        resolve();
      });
    });
    req.on('timeout', () => req.destroy(new Error('no answer')));
    req.on('error', failed).end();
  });
}

let asked = 0;

async function load(targets: readonly Target[], ms: number): Promise<void> {
  for (const target of targets) {
    target.took.hot = [];
    target.took.cold = [];
    target.errors = 0;
  }
  const began = performance.now();
  const waiting: Promise<void>[] = [];
  for (let due = 0; due < ms; due += 1_000 / RATE) {
    const early = due - (performance.now() - began);
    if (early > 0) await delay(early);
    const n = ++asked;
    const kind = n % 2 === 0 ? 'hot' : 'cold';
    const shared = n % 8 < 2 ? '/shared' : '/own';
    const path = kind === 'hot' ? `${shared}/hot/${n % HOT}` : `${shared}/cold/${n}`;
    for (const target of targets) waiting.push(ask(target, path, kind));
  }
  await Promise.all(waiting);
}

const HEAD = ['', 'requests', 'errors', 'p50', 'p99', 'misses p99', 'slowest', 'over 50 ms'];

function show(heading: string, targets: readonly Target[]): void {
  console.log(`\n${heading}\n\n| ${HEAD.join(' | ')} |\n|${HEAD.map(() => '---|').join('')}`);
  for (const { name, took, errors } of targets) {
    const all = [...took.cold, ...took.hot];
    const figures = [quantile(all, 0.5), quantile(all, 0.99), quantile(took.cold, 0.99), Math.max(...all)];
    const shown = figures.map((ms) => `${ms.toFixed(1)} ms`);
    console.log(
      `| ${[name, all.length, errors, ...shown, all.filter((ms) => ms > 50).length].join(' | ')} |`,
    );
  }
}

/** MiB of memory that is in use of it. */
function residentSize(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}

async function tell(sidecar: CachesideProcess): Promise<void> {
  const { redis, purges } = JSON.parse((await sidecar.admin('/stats')).text);
  const { state, timeouts, dropped, errors } = redis;
  const { pending, trusted } = purges;
  const rss = residentSize(sidecar.child.pid);
  console.log(
    `\n${JSON.stringify({ rss: `${rss} MiB`, state, timeouts, errors, dropped, pending, trusted })}`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'hung-redis-'));
const programs = compilePrograms();
const upstream = await startProgram(programs.path('upstream'), ['1024'], undefined);
const redis = await startRedis();
const document = (more: string) => `upstream: ${upstream.url}
log: { access: false }
${more}
routes:
  - { name: shared, match: "/shared/*", ttl: 10m, collapse: replicas }
  - { name: own, match: "/*", ttl: 10m }
`;
const started = async (name: string, more: string): Promise<CachesideProcess> => {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, document(more));
  return startCacheside(['--config', file]);
};
const without = await started('without', '');
const hanging = await started('hanging', `redis: { url: "${redis.url}" }`);
try {
  const target = (name: string, url: string): Target => ({
    name,
    url,
    took: { hot: [], cold: [] },
    errors: 0,
  });
  const targets = [
    target('upstream', upstream.url),
    target('Cacheside without Redis', without.url),
    target('Cacheside with Redis', hanging.url),
  ];
  await load(targets, 3_000);
  await load(targets, WELL);
  show('Redis answers', targets);
  await tell(hanging);
  redis.pause();
  await load(targets, HUNG);
  show(`Redis hangs for ${HUNG / 1_000} s`, targets);
  await tell(hanging);
  redis.resume();
  await delay(6_000);
  await load(targets, WELL / 2);
  show('Redis answers again', targets);
  await tell(hanging);
} finally {
  agent.destroy();
  redis.resume();
  await Promise.all([without.stop(), hanging.stop(), upstream.stop(), redis.kill()]);
  programs.remove();
  rmSync(folder, { recursive: true, force: true });
}
