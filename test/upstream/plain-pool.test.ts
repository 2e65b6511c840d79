import t from 'tap';
import { startRawUpstream } from '../fixtures/raw-upstream.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { pause } from '../proxy/start.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

t.test('an upstream that ends each connection behind its answer, without a word', async (t) => {
  const origin = await startRawUpstream((socket) => socket.end(OK));
  t.teardown(origin.close);
  const sidecar = await startSidecar(origin.url, 'routes: [{ match: "/*", cache: false }]\n');
  t.teardown(() => sidecar.close());
  const statuses: number[] = [];
  const client = async (): Promise<void> => {
    for (let i = 0; i < 25; i++) statuses.push((await sidecar.ask('/a')).status);
  };
  await Promise.all(Array.from({ length: 12 }, client));
  t.equal(
    statuses.filter((status) => status === 200).length,
    300,
    'nobody gets a connection that is about to go',
  );
  t.ok(origin.heads.length < 330, `${origin.heads.length} requests for 300 answers`);
});

const LAST = ['HEAD', 'GET /close', 'GET /odd'];

for (const last of LAST) {
  t.test(`the one connection goes to undici behind ${last}: who waits for it goes there, too`, async (t) => {
    const origin = await startRawUpstream((socket, head) => {
      const [method, path] = head.split(' ');
      const answer = path === '/odd' ? OK.replace('OK', 'OK\r\nX:  two blanks') : OK;
      const ended = path === '/close' ? answer.replace('OK', 'OK\r\nConnection: close') : answer;
      setTimeout(() => socket.write(method === 'HEAD' ? ended.slice(0, -2) : ended), 100);
    });
    t.teardown(origin.close);
    const yaml = `upstream: { url: "${origin.url}", connections: 1 }\nroutes: [{ match: "/*", cache: false }]\n`;
    const sidecar = await startSidecar(origin.url, yaml);
    t.teardown(() => sidecar.close());
    const [method = '', path = '/'] = last.split(' ');
    const first = sidecar.ask(path, { method });
    await pause(30);
    const second = sidecar.ask('/b', { method: 'POST', body: 'x' });
    await pause(30);
    const began = performance.now();
    const third = await sidecar.ask('/c');
    t.equal(third.status, 200);
    t.ok(performance.now() - began < 2_000, 'sooner than the connection is given up');
    t.same([(await first).status, (await second).status], [200, 200]);
  });
}
