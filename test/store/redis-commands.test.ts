import { setImmediate as turn } from 'node:timers/promises';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock.ts';
import { createCommands } from '../../src/store/redis-commands.ts';
import { connectRedis } from '../../src/store/redis-connection.ts';
import { createSilence } from '../../src/store/silence.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { storedResponse } from './stored-samples.ts';
import { tierOn } from './tier-on.ts';

const server = await startRedis();
t.teardown(() => server.stop());
const other = new Redis(server.port, '127.0.0.1');
t.teardown(() => other.disconnect());

const until = () => Date.now() + 60_000;

async function commandsOn(t: Test, timeout: number) {
  const client = connectRedis({ url: server.url, connectTimeout: 1_000, commandTimeout: timeout }, 'tier');
  t.teardown(() => client.disconnect());
  await client.connect();
  return createCommands(client, timeout, createSilence(timeout / 2, systemClock), () => {});
}

/** How often Redis has carried out GET by now. */
async function gets(): Promise<number> {
  return Number(/cmdstat_get:calls=(\d+)/.exec(await other.info('commandstats'))?.[1] ?? 0);
}

t.test('who looks for one key in one turn shares a GET and what it brings', async (t) => {
  const { tier } = tierOn(t, server.url);
  await tier.connect(2_000);
  tier.put('k', storedResponse({ key: 'k' }), until());
  await tier.written();
  const before = await gets();
  const look = () => Promise.all(['k', 'k', 'absent', 'k', 'absent'].map((key) => tier.find(key)));
  const found = await look();
  t.strictSame(
    found.map(({ kind }) => kind),
    ['found', 'found', 'absent', 'found', 'absent'],
  );
  t.equal(found[0], found[3], 'decoded and prepared once');
  t.equal((await gets()) - before, 2);
  t.match(tier.stats(), { hits: 3, misses: 2 }, 'each is counted');

  const first = tier.find('k');
  await turn();
  await Promise.all([first, tier.find('k')]);
  t.equal((await gets()) - before, 4, 'one that has left may be older than what is asked for now');
});

t.test('what is about to be written is found, and what is about to be deleted is not', async (t) => {
  const { tier } = tierOn(t, server.url);
  await tier.connect(2_000);
  const early = tier.find('own');
  const stored = storedResponse({ key: 'own' });
  tier.put('own', stored, until());
  t.same(await tier.find('own'), { kind: 'found', stored });
  t.equal((await early).kind, 'absent', 'asked before');
  t.equal((await tier.find('own')).kind, 'found', 'in Redis');
  tier.delete('own');
  t.equal((await tier.find('own')).kind, 'absent');
  t.match(tier.stats(), { hits: 2, misses: 2 });
});

t.test('each command has a time-out of its own, and what comes later is nobody’s', async (t) => {
  const commands = await commandsOn(t, 300);
  await other.set('x', 'answer');
  const ended: [string, number][] = [];
  const begun = performance.now();
  const follow = (name: string) =>
    commands.send('get', ['x']).then(
      () => t.fail(`${name} was answered`),
      (error: Error) => {
        t.equal(error.message, 'Command timed out');
        ended.push([name, performance.now() - begun]);
      },
    );
  server.pause();
  const first = follow('first');
  await new Promise((resolve) => setTimeout(resolve, 150));
  const second = follow('second');
  t.equal(commands.underWay, 2);
  await first;
  t.equal(commands.underWay, 1);
  await second;
  t.equal(commands.underWay, 0);
  const [[, one], [, two]] = ended as [[string, number], [string, number]];
  t.ok(one >= 299 && one < 420, `${one} ms`);
  t.ok(two >= 445 && two < 600, `${two} ms`);
  server.resume();
  t.same(await commands.send('get', ['x']), Buffer.from('answer'), 'its own answer');
  t.equal(commands.underWay, 0);
});

t.test('what was answered while the process was held up has not timed out', async (t) => {
  const commands = await commandsOn(t, 100);
  const answer = commands.send('get', ['nothing']);
  await turn();
  for (const end = performance.now() + 150; performance.now() < end; );
  t.equal(await answer, null);
});

t.test('what is not sent fails at once', async (t) => {
  const commands = await commandsOn(t, 1_000);
  await commands.send('quit', []);
  await t.rejects(commands.send('get', ['x']));
  t.equal(commands.underWay, 0);
});
