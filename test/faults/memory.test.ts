import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import t from 'tap';
import { hangUp } from '../../scripts/demo/request.ts';
import { type CachesideProcess, startCacheside } from '../fixtures/cacheside.ts';
import { startOrigin } from '../fixtures/origin.ts';

const MIB = 1024 * 1024;
/**
 * MiB that a process may take beside the memory tier: 100 when it is idle, what is on its way, what was let go and V8
 * has not found yet. Before 22.15, Node does not let the process take its settings (cli/process-settings).
 */
const BESIDE = 'execve' in process ? 170 : 190;
const { CACHESIDE_MEMORY_MIB = '300', CACHESIDE_MEMORY_URLS = '20000' } = process.env;

t.teardown(hangUp);

/** Most memory the process ever held, MiB. */
function peakOf({ child }: CachesideProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Math.round(Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024);
}

const skip = process.platform === 'linux' ? false : 'the peak is read from /proc';

t.test('bodies of many sizes stay within the limit', { skip, timeout: 60_000 }, async (t) => {
  const bytes = Buffer.alloc(MIB, 'x');
  const origin = await startOrigin((req, res) => {
    res.end(bytes.subarray(0, Number(/size=(\d+)/.exec(req.url ?? '')?.[1])));
  });
  t.teardown(() => origin.close());
  const cacheside = await startCacheside(['--upstream', origin.url, '--memory', '64MiB', '--ttl', '10m']);
  t.teardown(() => cacheside.stop());
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  t.teardown(() => agent.destroy());
  const fetchSize = (path: string) =>
    new Promise<number>((resolve, reject) => {
      get(cacheside.url + path, { agent }, (res) => {
        let size = 0;
        res.on('data', (chunk: Buffer) => {
          size += chunk.byteLength;
        });
        res.on('error', reject);
        res.on('end', () => resolve(size));
      }).on('error', reject);
    });

  let left = Number(CACHESIDE_MEMORY_MIB) * MIB;
  let number = 0;
  /** From 10 KiB to 1 MiB, as many of one order of magnitude as of another. */
  const nextSize = () => Math.round(10 * 1024 * 102.4 ** ((number * 0.618) % 1));
  const worker = async () => {
    while (left > 0) {
      const size = nextSize();
      left -= size;
      if ((await fetchSize(`/body/${number++}?size=${size}`)) !== size) throw new Error('a body was cut');
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  const { memory } = JSON.parse((await cacheside.admin('/stats')).text);
  const peak = peakOf(cacheside);
  t.comment(`${number} bodies, ${Math.round(memory.bytes / MIB)} MiB held, peak ${peak} MiB`);
  t.ok(memory.bytes <= 64 * MIB);
  t.ok(memory.bytes > 56 * MIB, 'and the limit is used');
  t.ok(memory.evictions > 0);
  t.ok(peak < 64 + BESIDE, `peak of ${peak} MiB`);
});

const count = Number(CACHESIDE_MEMORY_URLS);
const timeout = Math.max(120_000, count);

t.test(
  'a crawl over many small ones, too: no series for each, and the hot ones stay',
  {
    skip,
    timeout,
  },
  async (t) => {
    const origin = await startOrigin((_req, res) => void res.end('tiny'));
    t.teardown(() => origin.close());
    const cacheside = await startCacheside(['--upstream', origin.url, '--memory', '16MiB', '--ttl', '10m']);
    t.teardown(() => cacheside.stop());
    const series = async () =>
      (await cacheside.admin('/metrics')).text.split('\n').filter((line) => line.startsWith('cacheside_'))
        .length;

    /** Asks for a share of the URLs on one connection, some at a time. */
    const ask = (from: number, to: number) =>
      new Promise<void>((resolve, reject) => {
        const socket = connect(Number(new URL(cacheside.url).port), '127.0.0.1');
        let answered = from;
        let asked = from;
        const more = () => {
          let requests = '';
          for (; asked < to && asked - answered < 50; asked++) {
            requests += `GET /tiny/${asked} HTTP/1.1\r\nHost: shop.test\r\n\r\n`;
          }
          socket.write(requests);
        };
        let rest = '';
        socket.setEncoding('latin1').on('data', (text: string) => {
          const parts = (rest + text).split('HTTP/1.1 200 OK');
          rest = (parts.pop() ?? '').slice(-15);
          answered += parts.length;
          if (answered === to) {
            socket.destroy();
            resolve();
          } else more();
        });
        socket.on('error', reject);
        more();
      });
    const share = Math.ceil(count / 16);
    const hot = 1_000;
    const askHot = () => ask(16 * share, 16 * share + hot);
    const hits = async () => JSON.parse((await cacheside.admin('/stats')).text).memory.hits as number;
    for (let i = 0; i < 3; i++) await askHot();
    const askAll = (from: number) =>
      Promise.all(Array.from({ length: 8 }, (_, i) => ask(from + i * share, from + (i + 1) * share)));
    await askAll(0);
    // What can happen at all has happened by now.
    const before = await series();
    await askAll(8 * share);
    const { memory } = JSON.parse((await cacheside.admin('/stats')).text);
    const peak = peakOf(cacheside);
    t.comment(
      `${share * 16} URLs, ${memory.responses} held in ${Math.round(memory.bytes / MIB)} MiB, peak ${peak} MiB`,
    );
    t.ok(memory.bytes <= 16 * MIB);
    t.ok(memory.evictions > 0);
    t.ok(peak < 16 + BESIDE, `peak of ${peak} MiB`);
    t.equal(await series(), before, 'series of metrics');
    const hitsBefore = await hits();
    await askHot();
    const stayed = (await hits()) - hitsBefore;
    t.ok(stayed > 0.95 * hot, `${stayed} of ${hot} hot ones`);
  },
);
