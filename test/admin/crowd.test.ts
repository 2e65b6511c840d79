import { connect } from 'node:net';
import t from 'tap';
import { fewAtOnce } from '../../src/admin/few-at-once.ts';
import { eventually } from '../fixtures/eventually.ts';
import { partsFor, running } from './running.ts';

const token = 'read-me';

t.test('however many ask, four explanations are made at a time, and a bounded number waits', async (t) => {
  const underWay: (() => void)[] = [];
  let begun = 0;
  let isOpen = false;
  const { call } = await running(t, {
    async explain() {
      begun++;
      if (!isOpen) await new Promise<void>((resolve) => underWay.push(resolve));
      return undefined;
    },
  });
  let refused = 0;
  const answers = Array.from({ length: 257 }, async () => {
    const { status, headers } = await call('POST', '/explain', { token, body: { url: '/' } });
    t.equal(status, 503);
    if (headers['retry-after'] !== undefined) refused++;
  });
  await eventually(() => refused === 3);
  t.equal(begun, 4);
  isOpen = true;
  for (const finish of underWay) finish();
  await Promise.all(answers);
  t.equal(begun, 254, 'all who waited got their turn');
  t.equal(refused, 3);
});

t.test('a place is handed on by whoever fails or is gone, too', async (t) => {
  const inPlace = fewAtOnce({ atOnce: 1, most: 2, busy: 'busy' });
  const { signal } = new AbortController();
  const fails = inPlace(() => Promise.reject(new Error('broken')), signal);
  const gone = inPlace(async () => t.fail('nobody waits for it'), AbortSignal.abort());
  const last = inPlace(async () => 'done', signal);
  await t.rejects(
    inPlace(async () => 'one too many', signal),
    { message: 'busy' },
  );
  await t.rejects(fails, { message: 'broken' });
  await t.rejects(gone, { message: /Nobody waits/ });
  t.equal(await last, 'done');
  t.equal(await inPlace(async () => 'again', signal), 'again');
});

t.test('of calls that come at once, one is begun in each turn of the event loop', async (t) => {
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  count();
  t.teardown(() => {
    isOver = true;
  });
  const { figures } = partsFor().parts;
  const turns: number[] = [];
  const { port } = await running(t, {
    figures() {
      turns.push(turn);
      return figures();
    },
  });
  // In one piece: all of them are read in one turn.
  const client = connect(port, '127.0.0.1').resume();
  t.teardown(() => client.destroy());
  client.write(`GET /stats HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n\r\n`.repeat(20));
  await eventually(() => turns.length === 20);
  t.equal(new Set(turns).size, 20, String(turns));
});
