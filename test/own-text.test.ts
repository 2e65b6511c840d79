import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { ownText } from '../src/own-text.ts';
import { start } from './proxy/start.ts';

t.test('the same text', async (t) => {
  for (const text of ['', 'abc', 'é\x00\xff', 'Ω', '\ud800 alone', '\u{1f600}']) t.equal(ownText(text), text);
});

t.test('a stored response keeps nothing of the request it came with', async (t) => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const { ask, origin, sidecar } = await start(
    t,
    "routes: [{ match: '/p/:id', ttl: 1m, key: { headers: [accept] }, tags: ['p-{id}'] }]\n",
    (_req, res) => void res.setHeader('vary', 'accept-language').end('tiny'),
  );
  const fill = async (from: number) => {
    for (let i = from; i < from + 500; i++) {
      await ask(`/p/abcdefghijklmnop${i}`, {
        headers: {
          accept: 'application/vnd.example+json',
          'accept-language': 'en-GB, de;q=0.5',
          'user-agent': 'u'.repeat(10_000),
        },
      });
    }
    origin.requests.length = 0;
    gc();
    gc();
    return process.memoryUsage().heapUsed;
  };
  const before = await fill(0);
  const growth = ((await fill(500)) - before) / 500;
  t.equal(JSON.parse((await sidecar.admin('/stats')).text).outcomes.miss, 1_000);
  t.ok(growth < 6_000, `${Math.round(growth)} bytes of heap each, under a head of 10,000`);
});
