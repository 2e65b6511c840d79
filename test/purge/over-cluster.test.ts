import t from 'tap';
import { startCluster } from '../fixtures/redis-cluster.ts';
import { KEY, type Sidecar, startSidecar, tag } from './sidecar.ts';

/** At which the other one has to have applied what was appended here. */
async function tells(from: Sidecar, to: Sidecar, name: string): Promise<string> {
  const asOf = to.log.applied;
  const receipt = await from.log.append([tag(name)]);
  await to.until(`the purge of ${name}`, () => to.fromRedis(name, asOf) === 'hard');
  return receipt.kind;
}

t.test('a purge log in a Cluster', async (t) => {
  const cluster = await startCluster({ masters: 3, replicasEach: 1 });
  t.teardown(() => cluster.close());
  const a = await startSidecar(t, { url: cluster.url, name: 'a' });
  const b = await startSidecar(t, { url: cluster.url, name: 'b' });
  const home = await cluster.nodeOf(KEY);

  t.equal(await tells(a, b, 'first'), 'appended');
  t.equal(await tells(b, a, 'second'), 'appended');

  await t.test('a node that does not hold it is lost: nobody notices', async (t) => {
    const states: boolean[] = [];
    await cluster.killNode((home + 1) % 3);
    states.push(a.log.trusted, b.log.trusted);
    t.equal(await tells(a, b, 'other node'), 'appended');
    t.strictSame(states, [true, true]);
    await cluster.restartNode((home + 1) % 3);
  });

  await t.test('its node is lost: pending, and caught up with at the one that takes over', async (t) => {
    const killing = cluster.killNode(home);
    await a.until('the loss', () => !a.log.trusted);
    const asOf = b.log.applied;
    const receipt = await a.log.append([tag('between')]);
    t.equal(receipt.kind, 'pending');
    await killing;
    t.not(await cluster.nodeOf(KEY), home);
    await a.trusted();
    await b.trusted();
    await b.until('the purge', () => b.fromRedis('between', asOf) === 'hard');
    await a.until('its own purge', () => a.log.pending === 0);
    t.equal(await tells(b, a, 'after'), 'appended');
  });
});

t.test('the node of the log hangs: noticed in time, and caught up with', async (t) => {
  const cluster = await startCluster({ masters: 3 });
  t.teardown(() => cluster.close());
  const a = await startSidecar(t, { url: cluster.url, name: 'a' });
  const b = await startSidecar(t, { url: cluster.url, name: 'b' });
  t.equal(await tells(a, b, 'first'), 'appended');
  const node = cluster.nodes[await cluster.nodeOf(KEY)];
  node?.pause();
  t.teardown(() => node?.resume());
  const begun = performance.now();
  const asOf = b.log.applied;
  const receipt = await a.log.append([tag('hung')]);
  t.equal(receipt.kind, 'pending');
  await a.until('the loss', () => !a.log.trusted);
  await b.until('the loss', () => !b.log.trusted);
  // A blocking read of 1 s and the command time-out of 0.5 s; the rest is room.
  t.ok(performance.now() - begun < 2_500, `${Math.round(performance.now() - begun)} ms`);
  node?.resume();
  await a.trusted();
  await b.trusted();
  await b.until('the purge', () => b.fromRedis('hung', asOf) === 'hard');
});
