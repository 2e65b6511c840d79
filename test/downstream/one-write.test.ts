import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { writeAsOne } from '../../src/downstream/one-write.ts';

/** Both ends of a connection, closed with the test. */
async function pair(t: Test): Promise<{ near: Socket; far: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  t.teardown(() => {
    far.destroy();
    near.destroy();
    server.close();
  });
  return { near, far };
}

t.test('head and body in one piece, answer after answer', async (t) => {
  const { near, far } = await pair(t);
  let read = '';
  far.on('data', (chunk) => {
    read += chunk.toString('latin1');
  });
  let written = '';
  for (let i = 0; i < 50; i++) {
    const head = `head ${i} \xff\r\n\r\n`;
    const body = Buffer.from(`\x00\xff${i}`.repeat(i * 20), 'latin1');
    t.ok(writeAsOne(near, head, body));
    written += head + body.toString('latin1');
  }
  near.end();
  await once(far, 'end');
  t.equal(read, written);
});

t.test('what a client does not take is not overwritten by what others get', async (t) => {
  const { near: slow, far: sleeper } = await pair(t);
  const { near: quick } = await pair(t);
  sleeper.pause();
  const body = Buffer.alloc(16 * 1024, 'a');
  let answers = 0;
  while (slow.writableLength === 0) {
    t.ok(writeAsOne(slow, 'head', body));
    answers++;
  }
  t.notOk(writeAsOne(slow, 'head', body), 'nothing is copied to wait');
  for (let i = 0; i < 100; i++) writeAsOne(quick, 'other', Buffer.alloc(16 * 1024, 'b'));
  slow.end();
  let read = '';
  sleeper.on('data', (chunk) => {
    read += chunk.toString('latin1');
  });
  sleeper.resume();
  await once(sleeper, 'end');
  t.ok(read === `head${body.toString()}`.repeat(answers));
});

t.test('what is too long is left to others', async (t) => {
  const { near } = await pair(t);
  t.notOk(writeAsOne(near, 'h'.repeat(8 * 1024 + 1), Buffer.alloc(1)));
  t.notOk(writeAsOne(near, 'h', Buffer.alloc(16 * 1024 + 1)));
  t.equal(near.writableLength, 0);
});
