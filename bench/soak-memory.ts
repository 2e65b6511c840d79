import { ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { startChild } from '../scripts/demo/child.ts';

// tsx bench/soak-memory.ts [MINUTES] [LIMIT_MIB]: whether the built bin/cacheside keeps its memory while responses of many
// sizes come and go. Half of the requests are for a few popular URLs, whose versions change; the others for
// URLs never asked for before. Every body is compared to what the upstream must have answered. Ends with 1 where
// memory grew, or was ever more than the limit and BESIDE.

const [minutes = 10, limit = 256] = process.argv.slice(2).map(Number);
const MIB = 1024 * 1024;
/** What the process may take beside the limit, MiB. */
const BESIDE = 130;
/** How much more the last quarter may take than the second one, which begins with a full tier: a share. */
const MAY_GROW = 0.05;
const CONNECTIONS = 16;
const POPULAR = 2_000;
const EVERY_MS = 5_000;
const LONGEST_BODY = 512 * 1024;
const { CACHESIDE_TREE: TREE = fileURLToPath(new URL('..', import.meta.url)) } = process.env;

const text = Buffer.alloc(LONGEST_BODY + 4_096);
for (let i = 0; i < text.length; i += 8)
  text.write(`${(i * 7919).toString(36)}-`.padEnd(8, '~'), i, 'latin1');

/** From 200 bytes to LONGEST_BODY, as many of one order of magnitude as of another; different from URL to URL. */
function bodyOf(number: number): Buffer {
  const size = Math.round(200 * (LONGEST_BODY / 200) ** ((number * 0.618_033_988) % 1));
  return text.subarray(number % 4_096, (number % 4_096) + size);
}

const upstream = createServer((req, res) => {
  const body = bodyOf(Number(req.url?.slice('/product/'.length)));
  // Popular ones expire now and then; the others make way for what comes.
  const age = `public, max-age=${30 + Math.floor(Math.random() * 60)}`;
  res.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length, 'cache-control': age });
  res.end(body);
});
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;

const cacheside = startChild(process.execPath, [
  `${TREE}/bin/cacheside`,
  ...['--upstream', address, '--memory', `${limit}MiB`],
  ...['--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'],
]);
const [, url = '', admin = ''] = await cacheside.line(/: (http:\S+) in front of .* admin (http:\S+)/);

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
let asked = 0;
let hits = 0;
let next = POPULAR;

/** Rejects where the answer is not what the upstream gives. */
function ask(number: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/product/${number}`, { agent }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        asked++;
        if (/; hit/.test(String(res.headers['cache-status']))) hits++;
        const isRight = res.statusCode === 200 && Buffer.concat(chunks).equals(bodyOf(number));
        if (isRight) resolve();
        else reject(new Error(`/product/${number}: ${res.statusCode}, and not what the upstream answers`));
      });
    });
    request.on('error', reject);
  });
}

function status(name: string): number {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(
    readFileSync(`/proc/${cacheside.pid}/status`, 'utf8'),
  );
  return Number(line?.[1] ?? Number.NaN) / 1024;
}

async function look(seconds: number): Promise<number> {
  const stats = (await (await fetch(`${admin}/stats`)).json()) as {
    memory: { bytes: number; responses: number; evictions: number };
  };
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  const metric = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]) / MIB;
  const rss = status('VmRSS');
  const { bytes, responses, evictions } = stats.memory;
  const columns = [
    rss,
    metric('nodejs_heap_size_used_bytes'),
    metric('nodejs_external_memory_bytes'),
    bytes / MIB,
    responses,
    evictions,
    asked,
    (100 * hits) / Math.max(1, asked),
  ];
  console.log([seconds, ...columns].map((value) => value.toFixed(0).padStart(9)).join(''));
  return rss;
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const until = Date.now() + minutes * 60_000;
const work = async () => {
  while (Date.now() < until)
    await ask(Math.random() < 0.5 ? Math.floor(POPULAR * Math.random() ** 2) : next++);
};
console.log('        s  RSS MiB heap used  external  tier MiB responses evicted    asked    hits %');
const rss: number[] = [];
const begun = Date.now();
const timer = setInterval(async () => rss.push(await look((Date.now() - begun) / 1000)), EVERY_MS);
try {
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  clearInterval(timer);
  const quarter = Math.floor(rss.length / 4);
  const [second, last] = [median(rss.slice(quarter, 2 * quarter)), median(rss.slice(-quarter))];
  const peak = status('VmHWM');
  console.log(
    `\n${asked} answers, all right. RSS ${second.toFixed(0)} MiB in the second quarter, ${last.toFixed(0)} in the ` +
      `last; peak ${peak.toFixed(0)}, ${(peak - limit).toFixed(0)} beside the limit of ${limit}`,
  );
  ok(last <= second * (1 + MAY_GROW), 'memory grew');
  ok(peak <= limit + BESIDE, `more than ${BESIDE} MiB beside the limit`);
  ok(cacheside.running, 'it ended');
} finally {
  clearInterval(timer);
  agent.destroy();
  await cacheside.stop();
  upstream.close();
}
