import t from 'tap';
import { startSentinel } from '../fixtures/redis-sentinel.ts';
import { startSidecar, tag } from './sidecar.ts';

t.test('a purge log at a master that Sentinels name', async (t) => {
  const sentinels = await startSentinel({ sentinels: 3, replicas: 1 });
  t.teardown(() => sentinels.close());
  const a = await startSidecar(t, { url: sentinels.url, name: 'a' });
  const b = await startSidecar(t, { url: sentinels.url, name: 'b' });
  const heard = (name: string, asOf: number) =>
    b.until(`the purge of ${name}`, () => b.fromRedis(name, asOf) === 'hard');

  const atFirst = b.log.applied;
  t.match(await a.log.append([tag('first')]), { kind: 'appended' });
  await heard('first', atFirst);

  await t.test('a failover while the old master lives', async (t) => {
    const asOf = b.log.applied;
    const lost = a.until('the loss', () => !a.log.trusted);
    await sentinels.failover();
    await lost;
    await a.trusted();
    await b.trusted();
    t.match(await a.log.append([tag('moved')]), { kind: 'appended' });
    await heard('moved', asOf);
  });

  await t.test('the master is killed: pending, and appended to the next one', async (t) => {
    const killing = sentinels.killMaster();
    await a.until('the loss', () => !a.log.trusted);
    const asOf = b.log.applied;
    t.match(await a.log.append([tag('between')]), { kind: 'pending' });
    const dead = await killing;
    await heard('between', asOf);
    await a.trusted();
    await b.trusted();
    await a.until('its own purge', () => a.log.pending === 0);
    await sentinels.revive(dead);
  });
});
