import t from 'tap';
import { createRedisClock } from '../../src/purge/redis-clock.ts';
import { createReplicaRegistry } from '../../src/purge/replica-registry.ts';
import type { ReplicaHash } from '../../src/purge/replica-reports.ts';
import { createRoster, FORGET } from '../../src/purge/replica-roster.ts';
import type { Member } from '../../src/purge/stream-entry.ts';

function setUp() {
  let time = 0;
  const clock = { now: () => time, monotonic: () => time };
  const told: Member[] = [];
  const reports = new Map<string, string>();
  const hash: ReplicaHash = {
    all: async () => new Map(reports),
    async put(replica, report) {
      const isNew = !reports.has(replica);
      reports.set(replica, report);
      return isNew;
    },
    async restore(replica, report) {
      if (!reports.has(replica)) reports.set(replica, report);
    },
    async remove(replica) {
      reports.delete(replica);
    },
  };
  const registry = createReplicaRegistry({
    own: 'own',
    name: () => 'a',
    roster: createRoster('own', clock),
    hash: () => hash,
    clock,
    redisClock: createRedisClock(clock),
    lease: 5_000,
    patience: 5_000,
    isSteady: () => true,
  });
  const tell = async (member: Member) => `${time}-${told.push(member)}`;
  const refuse = (message: string) => () => Promise.reject(new Error(message));
  const later = (ms: number) => {
    time += ms;
  };
  return { registry, hash, reports, told, tell, refuse, later };
}

t.test('a replica joins once, and again when the others may have forgotten it', async (t) => {
  const { registry, hash, told, tell, later } = setUp();
  t.equal(await registry.join(hash, tell), true);
  t.equal(await registry.join(hash, tell), false);
  later(FORGET / 2 - 1);
  t.equal(await registry.join(hash, tell), false);
  later(1);
  t.equal(await registry.join(hash, tell), true);
  registry.rejoin(false);
  t.equal(await registry.join(hash, tell), true);
  t.match(told, [{ kind: 'joined', replica: 'own', name: 'a' }, {}, {}]);
});

t.test('a Redis that is full keeps who has joined, and nobody else', async (t) => {
  const { registry, hash, tell, refuse, later } = setUp();
  const full = refuse("OOM command not allowed when used memory > 'maxmemory'.");
  await t.rejects(registry.join(hash, full), /OOM/);
  t.equal(await registry.join(hash, tell), true);
  later(FORGET);
  t.equal(await registry.join(hash, full), false, 'nobody else can write either');
  await t.rejects(registry.join(hash, refuse('READONLY')), /READONLY/);
});

t.test('who joins tells of those that the hash has lost', async (t) => {
  const { registry, hash, reports, tell } = setUp();
  registry.heard({
    id: '5-1',
    token: '',
    purges: [],
    fence: false,
    member: { kind: 'joined', replica: 'b', name: 'b' },
  });
  await registry.join(hash, tell);
  t.same([...reports.keys()], ['own', 'b']);
  t.match(JSON.parse(reports.get('b') ?? ''), { name: 'b', seen: 5 });
});

t.test('what is behind us settles in whatever order, and the last one counts', async (t) => {
  const { registry, hash, tell } = setUp();
  await registry.join(hash, tell);
  registry.heard({
    id: '1-1',
    token: '',
    purges: [],
    fence: false,
    member: { kind: 'joined', replica: 'own', name: 'a' },
  });
  const cursor = () => registry.all()[0]?.cursor?.id;
  const held: (() => void)[] = [];
  for (const id of ['1-0', '2-0', '3-0']) {
    registry.advance({ id, token: 't' }, new Promise<void>((resolve) => held.push(resolve)));
  }
  t.equal(cursor(), undefined);
  held[1]?.();
  await new Promise((next) => setImmediate(next));
  t.equal(cursor(), '2-0');
  held[0]?.();
  await new Promise((next) => setImmediate(next));
  t.equal(cursor(), '2-0', 'it does not go back');
  registry.rejoin(true);
  t.equal(cursor(), undefined, 'another log');
  held[2]?.();
  await new Promise((next) => setImmediate(next));
  t.equal(cursor(), undefined, 'nothing of the one before counts');
  registry.advance({ id: '1-0', token: 'u' }, Promise.reject(new Error('a worker is gone')));
  await new Promise((next) => setImmediate(next));
  t.equal(cursor(), undefined);
  registry.advance({ id: '2-0', token: 'u' }, undefined);
  t.equal(cursor(), '2-0');
});
