import t from 'tap';
import { createRetryBudget } from '../../src/upstream/retry-budget.ts';
import { startRawUpstream } from '../fixtures/raw-upstream.ts';
import { startSidecar } from '../fixtures/sidecar.ts';

t.test('is spent while more than a fifth of the requests went out again', async (t) => {
  let now = 1_000_000;
  const budget = createRetryBudget(() => now);
  const go = (requests: number, retries: number) => {
    for (let i = 0; i < requests; i++) budget.send();
    for (let i = 0; i < retries; i++) budget.retry();
  };
  go(10, 10);
  t.notOk(budget.isSpent, 'ten say nothing of the rest');
  go(1, 1);
  t.ok(budget.isSpent);
  go(44, 0);
  t.notOk(budget.isSpent, '11 of 55');
  go(0, 1);
  t.ok(budget.isSpent, '12 of 55');
  now += 8_900;
  t.ok(budget.isSpent);
  now += 1_200;
  t.notOk(budget.isSpent, 'ten seconds later');
  go(100, 20);
  t.notOk(budget.isSpent, '20 of 100');
  go(0, 1);
  t.ok(budget.isSpent);
  t.equal(budget.retries, 33);
});

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

for (const reader of [true, false]) {
  for (const how of ['closed', 'reset'] as const) {
    t.test(
      `kept connections that are ${how} under each request, ${reader ? 'own reader' : 'undici'}`,
      async (t) => {
        const served = new WeakSet<object>();
        const upstream = await startRawUpstream((socket) => {
          if (!served.has(socket)) {
            served.add(socket);
            socket.write(OK);
          } else if (how === 'closed') socket.end();
          else socket.resetAndDestroy();
        });
        t.teardown(() => upstream.close());
        const sidecar = await startSidecar(
          upstream.url,
          `upstream: { url: '${upstream.url}', fast-reader: ${reader}, connections: 4 }\n`,
        );
        t.teardown(() => sidecar.close());
        const requests = 200;
        let next = 0;
        const client = async () => {
          while (next < requests) t.match(await sidecar.ask(`/${next++}`), { status: 200, text: 'ok' });
        };
        await Promise.all([client(), client(), client(), client()]);
        const { retries } = JSON.parse((await sidecar.admin('/stats')).text).admission;
        t.equal(upstream.heads.length, requests + retries, 'each retry is one request, and counted');
        t.ok(retries > 5, `${retries} retries`);
        // What was under way on kept connections when it was spent may still need one.
        t.ok(retries <= requests / 5 + 10, `${retries} retries`);
        const { text } = await sidecar.admin('/metrics');
        t.match(text, `cacheside_upstream_retries_total ${retries}`);
      },
    );
  }
}
