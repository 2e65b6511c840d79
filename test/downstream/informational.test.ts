import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import t from 'tap';
import { writeInformational } from '../../src/downstream/response-head.ts';

t.test('a client that takes nothing does not have 1xx kept for it', async (t) => {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [client] = (await accepted) as [Socket];
  t.teardown(() => {
    socket.destroy();
    client.destroy();
  });
  await once(socket, 'connect');
  for (let i = 0; i < 1_000; i++) writeInformational(socket, 103, ['Link', 'x'.repeat(10_000)]);
  t.ok(socket.writableLength > 0, 'it is held up');
  t.ok(socket.writableLength < 80 * 1024, `${socket.writableLength} bytes wait`);
});
