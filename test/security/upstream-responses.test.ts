import t, { type Test } from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import { type RedisServer, startRedis } from '../fixtures/redis-server.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { TIERS, type Tiers, tiersOf } from '../proxy/tiers.ts';
import { exchange, type Seen } from './seen-answer.ts';
import { FRAMING_ROWS, type Row } from './upstream-framing-rows.ts';
import { HEAD_ROWS } from './upstream-head-rows.ts';
import { type Played, startScriptedUpstream } from './upstream-script.ts';

const ROWS = [...FRAMING_ROWS, ...HEAD_ROWS];

const DOORS = ['fast', 'node:http'] as const;
const READERS = ['fast', 'undici'] as const;
type Setting = readonly [door: (typeof DOORS)[number], reader: (typeof READERS)[number], tiers: Tiers];

/** All there are, of which some do: EVERY_SETTING=1 for the rest. */
const ALL = DOORS.flatMap((door) =>
  READERS.flatMap((reader) => TIERS.map((tiers): Setting => [door, reader, tiers])),
);
const SOME: readonly Setting[] = [
  ['fast', 'fast', 'memory and Redis'],
  ['fast', 'fast', 'Redis'],
  ['fast', 'undici', 'memory'],
  ['fast', 'undici', 'Redis'],
  ['node:http', 'fast', 'memory'],
  ['node:http', 'undici', 'memory and Redis'],
];
const { EVERY_SETTING } = process.env;
const SETTINGS = EVERY_SETTING === '1' ? ALL : SOME;

/** What is not the upstream's: what an answer says of itself, what the cache offers, and how it is framed. */
const OWN =
  /^(?:cache-status|x-request-id|age|accept-ranges|connection|keep-alive|content-length|transfer-encoding): /i;
const passed = ({ lines }: Seen): string[] => lines.filter((line) => !OWN.test(line)).sort();

const told = (seen: Seen | 'cut'): string => {
  if (seen === 'cut') return 'cut';
  return seen.status >= 500 ? `${seen.status}` : `${seen.status} ${JSON.stringify(seen.body)}`;
};

async function run(t: Test, [door, reader, tiers]: Setting, redis: RedisServer): Promise<void> {
  const upstream = await startScriptedUpstream();
  t.teardown(() => upstream.close());
  const sidecar = await startSidecar(
    upstream.url,
    `fast-door: ${door === 'fast'}
upstream: { url: '${upstream.url}', fast-reader: ${reader === 'fast'}, keep-alive: 60s, breaker: off }
routes: [{ match: '/*' }]
${tiersOf(tiers, redis)}`,
  );
  t.teardown(() => sidecar.close());
  await eventually(async () => JSON.parse((await sidecar.admin('/readyz')).text).status === 'ready');
  const ask = async (path: string) => {
    const wire = sidecar.connect();
    const seen = await exchange(wire, 'GET', path);
    wire.socket.destroy();
    return seen;
  };
  const asked = (path: string) => upstream.played.filter((one) => one.path === path);

  const done: { row: Row; told: string; kept: string; by: Played; later: number }[] = [];
  for (const [i, row] of ROWS.entries()) {
    const path = `/${i}`;
    upstream.scripts.set(path, [row.sends]);
    const first = await ask(path);
    const [by] = asked(path);
    const later = upstream.played.length;
    // What comes behind the next request is an answer to it, for all that anybody can tell.
    await upstream.settled();
    // What has arrived is also read.
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    const again = await ask(path);
    const count = asked(path).length;
    if (by === undefined) throw new Error(`${row.id} was never asked for`);
    const isClean = again !== 'cut' && again.body === 'clean';
    let kept = isClean && count === 2 ? 'NS' : `asked ${count} times, then ${told(again)}`;
    if (count === 1 && first !== 'cut' && again !== 'cut') {
      const isSame = first.body === again.body && passed(first).join('\n') === passed(again).join('\n');
      kept = isSame ? 'stored' : `stored otherwise: ${passed(again).join('; ')} ${again.body}`;
    }
    done.push({ row, told: told(first), kept, by, later });
  }
  const isUsed = ({ by, later }: { by: Played; later: number }) =>
    !by.socket.destroyed || upstream.played.slice(later).some(({ socket }) => socket === by.socket);
  const expected = ({ row }: { row: Row }) =>
    row.expects.replace(/(?:fast|undici)$/, (who) => (who === reader ? 'kept' : 'dropped'));
  await eventually(
    () => done.every((one) => !expected(one).endsWith('dropped') || !isUsed(one)),
    1_000,
  ).catch(() => {});
  const name = ({ row }: { row: Row }) => `${row.line}, ${row.id}`;
  const came = done.map((one) => [name(one), `${one.told} ${one.kept} ${isUsed(one) ? 'kept' : 'dropped'}`]);
  t.strictSame(Object.fromEntries(came), Object.fromEntries(done.map((one) => [name(one), expected(one)])));
  const faults = sidecar.log.filter(({ upstream }) => upstream === undefined);
  t.same(faults, [], 'nothing of it is a mistake of ours');
}

t.test('what the upstream sends', async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  t.jobs = 6;
  t.setTimeout(120_000);
  for (const setting of SETTINGS) {
    t.test(setting.join(', '), (t) => run(t, setting, redis));
  }
});
