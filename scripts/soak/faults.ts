import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { withClient } from '../../test/fixtures/redis-client.ts';
import type { RedisServer } from '../../test/fixtures/redis-server.ts';
import type { Mood, Shop } from './shop.ts';
import type { Side } from './side.ts';
import type { Explanation } from './tally.ts';

export interface Fault {
  readonly name: string;
  /** What clients may notice of it. */
  readonly explains: Explanation['explains'];
  /** Resolves once it is over. */
  run(): Promise<void>;
}

export interface World {
  readonly shop: Shop;
  readonly redis: RedisServer;
  /** The first goes on through all of it, so that its memory tells something; the second is restarted. */
  readonly sides: readonly [Side, Side];
}

const nothing = () => false;
/** What an upstream that fails explains: what it says itself, and what Cacheside says of it. */
const ofUpstream = (what: string) => /^50[0234] /.test(what);
const orCut = (what: string) => ofUpstream(what) || what.startsWith('cut');

const between = (least: number, most: number) => least + Math.random() * (most - least);
const any = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;

export function faultsOf({ shop, redis, sides }: World): readonly Fault[] {
  const [steady, other] = sides;
  const call = (...[name = '', ...args]: string[]) =>
    withClient(redis.port, (client) => client.call(name, ...args)).catch(() => undefined);
  const mood = (name: Mood, share: number, explains: Fault['explains'] = ofUpstream): Fault => ({
    name: `the upstream answers ${name}`,
    explains,
    async run() {
      Object.assign(shop, { mood: name, share });
      await delay(between(1_000, 4_000));
      shop.mood = 'well';
    },
  });
  const link = (name: string, alter: (side: Side) => void): Fault => ({
    name,
    explains: nothing,
    async run() {
      const side = any(sides);
      alter(side);
      await delay(between(500, 6_000));
      await side.link.restore();
    },
  });
  const crowd = (name: string, count: number, bytes: string, stay: number): Fault => ({
    name,
    explains: nothing,
    run: () => crowdAt(any(sides).port, count, bytes, stay),
  });
  return [
    mood('with 503', 1),
    mood('with 500', 0.7),
    mood('never', 0.5),
    mood('with a reset', 0.5),
    mood('with half a body', 0.5, orCut),
    mood('with half a body and no end', 0.3, orCut),
    mood('with garbage', 0.5),
    mood('with interim answers for ever', 0.3),
    mood('slowly', 1),
    {
      name: 'the upstream is gone',
      explains: orCut,
      async run() {
        await shop.shut();
        await delay(between(500, 4_000));
        await shop.open();
      },
    },
    {
      name: 'Redis is killed and comes back empty',
      explains: nothing,
      async run() {
        await redis.kill();
        await delay(between(0, 4_000));
        await redis.restart();
      },
    },
    {
      name: 'Redis is paused',
      explains: nothing,
      async run() {
        redis.pause();
        await delay(between(500, 5_000));
        redis.resume();
      },
    },
    { name: 'Redis is flushed', explains: nothing, run: async () => void (await call('FLUSHALL')) },
    {
      name: 'Redis is full',
      explains: nothing,
      async run() {
        await call('CONFIG', 'SET', 'maxmemory', '1mb');
        await delay(between(1_000, 5_000));
        await call('CONFIG', 'SET', 'maxmemory', '0');
      },
    },
    link('a link to Redis is cut', ({ link }) => link.cut()),
    link('a link to Redis is half-open', ({ link }) => link.stall()),
    link('a link to Redis is slow', ({ link }) => link.slow(between(20, 400))),
    { name: 'a reload', explains: nothing, run: async () => any(sides).child.signal('SIGHUP') },
    {
      name: 'a restart',
      // Not one request is lost, but a purge may find the admin port gone.
      explains: (what, side) => side === other.name && (what === 'refused' || what === 'cut: purge'),
      run: () => other.restart('SIGTERM'),
    },
    {
      name: 'a kill',
      explains: (what, side) => side === other.name && /^(refused|cut)/.test(what),
      run: () => other.restart('SIGKILL'),
    },
    {
      name: 'a pause',
      explains: nothing,
      async run() {
        steady.child.signal('SIGSTOP');
        await delay(between(500, 1_500));
        steady.child.signal('SIGCONT');
      },
    },
    crowd('slow-loris', 300, 'GET /product/1 HT', 4_000),
    crowd('slow readers', 60, 'GET /file/1 HTTP/1.1\r\nHost: shop.test\r\n\r\n'.repeat(4), 4_000),
    crowd('who leaves', 200, 'GET /page/2 HTTP/1.1\r\nHost: shop.test\r\nAccept-Language: de\r\n\r\n', 5),
    crowd('smugglers', 100, SMUGGLED, 200),
  ];
}

const SMUGGLED =
  'POST /product/1 HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' +
  'GET /mine/1 HTTP/1.1\r\nHost: shop.test\r\n\r\n';

/** Clients that send something and read nothing. */
async function crowdAt(port: number, count: number, bytes: string, stay: number): Promise<void> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.pause();
    socket.write(bytes);
    sockets.push(socket);
  }
  await delay(stay);
  for (const socket of sockets) socket.destroy();
}
