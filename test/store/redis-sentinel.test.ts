import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import t from 'tap';
import type { RedisClient } from '../../src/redis-client.ts';
import type { RemoteTier } from '../../src/store/ports.ts';
import { withClient } from '../fixtures/redis-client.ts';
import { startSentinel } from '../fixtures/redis-sentinel.ts';
import { freePort } from '../fixtures/redis-server.ts';
import { storedResponse } from './stored-samples.ts';
import { elapsed, tierOn } from './tier-on.ts';

/** Puts and finds until it is so; ms that it took. */
async function works(tier: RemoteTier, key: string): Promise<number> {
  return elapsed(
    (async () => {
      for (const until = performance.now() + 12_000; ; await delay(10)) {
        tier.put(key, storedResponse({ key }), Date.now() + 60_000);
        await tier.written();
        if ((await tier.find(key)).kind === 'found') return;
        if (performance.now() > until) throw new Error(`${key}: in vain`);
      }
    })(),
  );
}

const portOf = (client: RedisClient) => (client as Redis).stream.remotePort;

// They wait most of the time.
t.jobs = 3;

t.test('a master that Sentinels name', async (t) => {
  const sentinels = await startSentinel({ sentinels: 3, replicas: 1 });
  t.teardown(() => sentinels.close());
  const { tier, client, reaches, events } = tierOn(t, sentinels.url, { commandTimeout: 250 });
  await tier.connect(2_000);
  t.equal(tier.state, 'ready');
  await works(tier, 'a');
  t.equal(portOf(client), (await sentinels.master()).port);

  await t.test('SENTINEL FAILOVER: the old master, still answering, is left', async (t) => {
    const before = await sentinels.master();
    const roles: string[] = [];
    const left = reaches('down').then(async () => {
      const info = await withClient(before.port, (redis) => redis.info('replication'));
      roles.push(...(/role:\w+/.exec(info) ?? []));
    });
    await sentinels.failover();
    await left;
    t.strictSame(roles, ['role:master'], 'before it was made a replica');
    await reaches('ready');
    const after = await sentinels.master();
    t.not(after.port, before.port);
    t.equal(portOf(client), after.port);
    await works(tier, 'b');
  });

  await t.test('the master is killed', async (t) => {
    const dead = await sentinels.killMaster();
    const took = await works(tier, 'c');
    t.comment(`writes and reads again ${Math.round(took)} ms after the Sentinels agreed`);
    t.equal(portOf(client), (await sentinels.master()).port);
    await sentinels.revive(dead);
  });

  await t.test('all of it hangs', async (t) => {
    const master = await sentinels.master();
    master.pause();
    const took = await elapsed(Promise.all(Array.from({ length: 20 }, () => tier.find('c'))));
    t.ok(took < 600, `${took} ms`);
    master.resume();
  });
  t.match(events[0], { kind: 'state', to: 'ready' });
});

t.test('Sentinels with a password of their own, and a user of Redis', async (t) => {
  const args = ['--requirepass', 'theirs', '--masterauth', 'theirs'];
  const sentinels = await startSentinel({
    ...{ sentinels: 1, replicas: 1, quorum: 1, args, password: 'theirs' },
    sentinelLines: ['sentinel auth-pass shop theirs'],
  });
  t.teardown(() => sentinels.close());
  const { tier } = tierOn(t, sentinels.url.replace('://', '://:theirs@'), { commandTimeout: 250 });
  await tier.connect(2_000);
  await works(tier, 'a');
  await sentinels.killMaster();
  await works(tier, 'b');
});

t.test('no Sentinel at the start: down, with a reason, and nothing is queued', async (t) => {
  const [one, other] = [await freePort(), await freePort()];
  const url = `redis-sentinel://127.0.0.1:${one},127.0.0.1:${other}/shop`;
  const { tier, events, client } = tierOn(t, url, { commandTimeout: 200 });
  const took = await elapsed(tier.connect(150));
  t.ok(took < 500, `${took} ms`);
  t.equal(tier.state, 'down');
  t.match(events[0], { kind: 'state', to: 'down', reason: /[Ss]entinel/ });
  t.ok((await elapsed(tier.find('k'))) < 50);
  await t.rejects(client.get('k'));
});

t.test('Sentinels that do not know the name', async (t) => {
  const sentinels = await startSentinel({ sentinels: 1, replicas: 1, quorum: 1 });
  t.teardown(() => sentinels.close());
  const { tier, events } = tierOn(t, sentinels.url.replace(/shop$/, 'other'), { commandTimeout: 200 });
  await tier.connect(500);
  t.equal(tier.state, 'down');
  t.match(events[0], { kind: 'state', to: 'down', reason: /[Ss]entinel/ });
});

t.test("a password of the Sentinels' own", async (t) => {
  const sentinels = await startSentinel({ sentinels: 1, replicas: 1, quorum: 1 });
  t.teardown(() => sentinels.close());
  const [port = 0] = sentinels.sentinelPorts;
  await withClient(port, (client) => client.call('ACL', 'SETUSER', 'default', 'resetpass', '>own'));
  const { tier } = tierOn(t, sentinels.url, { sentinelPassword: 'own' });
  await tier.connect(2_000);
  await works(tier, 'a');
  const { tier: without, events } = tierOn(t, sentinels.url);
  await without.connect(500);
  t.match(events, [{ kind: 'state', to: 'down', reason: /NOAUTH/ }]);
});
