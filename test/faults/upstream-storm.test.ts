import { connect } from 'node:net';
import t, { type Test } from 'tap';
import type { AdmissionLevels } from '../../src/observe/admission-levels.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { eventually, type Sidecar, startSidecar } from '../fixtures/sidecar.ts';

/*
 * A cold start: nothing is stored, and everybody comes at once, half of them for a key of their own, half for the same.
 * STORM_CLIENTS=4500 asks for as many of each; two descriptors a client.
 */
const { STORM_CLIENTS } = process.env;
const CLIENTS = Number(STORM_CLIENTS ?? 400);

/** What the upstream stands at once. One more, and it breaks: all that it has fail, and it stays down for a while. */
const STANDS = 20;

interface Reply {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** One client with a connection of its own; its reply, or undefined where it was cut. */
function come(port: number, path: string): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (more: string) => {
      text += more;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
      const retryAfter = /\r\nRetry-After: (\d+)\r\n/i.exec(text)?.[1];
      const body = text.slice(text.indexOf('\r\n\r\n') + 4);
      resolve(Number.isNaN(status) ? undefined : { status, retryAfter, body });
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n`);
  });
}

async function levelsOf(sidecar: Sidecar): Promise<AdmissionLevels> {
  return JSON.parse((await sidecar.admin('/stats')).text).admission;
}

/** An upstream that takes 5 ms for an answer; while it `hangs` it takes for ever, and answers none of these. */
async function startFragile(t: Test) {
  let atOnce = 0;
  const waiting: (() => void)[] = [];
  const fragile = {
    most: 0,
    broken: false,
    hangs: false,
    /** Answers what waits, and is well from now on. */
    wake() {
      fragile.hangs = false;
      for (const answer of waiting.splice(0)) answer();
    },
  };
  const origin = await startOrigin((req, res) => {
    fragile.most = Math.max(fragile.most, ++atOnce);
    fragile.broken ||= atOnce > STANDS;
    let isGone = false;
    const leave = () => {
      if (!isGone) atOnce--;
      isGone = true;
    };
    res.on('close', leave);
    const answer = () => {
      leave();
      if (fragile.broken) return void res.destroy();
      res.sendDate = false;
      res.setHeader('cache-control', 'max-age=60').end(req.url);
    };
    if (fragile.hangs) waiting.push(answer);
    else setTimeout(answer, 5);
  });
  t.teardown(() => origin.close());
  return { fragile, origin };
}

const BOUNDS: readonly { id: string; upstream: string; route: string; answered: number }[] = [
  {
    id: "a route's concurrency",
    upstream: '',
    route: `concurrency: { limit: ${STANDS}, queue: 100, timeout: 2m }`,
    answered: STANDS + 100,
  },
  {
    id: 'connections and their queue',
    upstream: `, connections: ${STANDS}, queue: 100`,
    route: 'ttl: 60s',
    answered: STANDS + 100,
  },
];

for (const reader of [true, false]) {
  for (const { id, upstream, route, answered } of BOUNDS) {
    t.test(`a storm is bounded by ${id}, ${reader ? 'own reader' : 'undici'}`, async (t) => {
      const { fragile, origin } = await startFragile(t);
      const sidecar = await startSidecar(
        origin.url,
        `clients: { max-connections: 20000, max-requests: 20000 }
upstream: { url: '${origin.url}', fast-reader: ${reader}, head-timeout: 2m, breaker: { open: 100ms }${upstream} }
routes: [{ name: a, match: "/*", collapse-timeout: 2m, ${route} }]
`,
      );
      t.teardown(() => sidecar.close());
      // Nobody is answered before everybody is there.
      fragile.hangs = true;
      const coming = Array.from({ length: CLIENTS }, (_, i) => [
        come(sidecar.port, `/own/${i}`),
        come(sidecar.port, '/same'),
      ]).flat();
      await eventually(async () => {
        const { requests, routes } = await levelsOf(sidecar);
        const turnedAway = Object.values(routes['a']?.turnedAway ?? {}).reduce(
          (sum, count) => sum + count,
          0,
        );
        return requests + turnedAway === 2 * CLIENTS;
      }, 60_000);
      fragile.wake();
      const replies = await Promise.all(coming);
      const statuses = new Map<string, number>();
      for (const [i, reply] of replies.entries()) {
        const key = reply === undefined ? 'cut' : `${reply.status} ${reply.retryAfter ?? ''}`;
        statuses.set(key, (statuses.get(key) ?? 0) + 1);
        if (reply?.status === 200 && reply.body !== (i % 2 === 0 ? `/own/${i / 2}` : '/same'))
          t.fail(`a wrong body: ${reply.body}`);
      }
      t.same(
        [...statuses.keys()].filter((key) => key !== '200 ' && key !== '503 1'),
        [],
      );
      t.ok(fragile.most <= STANDS && !fragile.broken, `${fragile.most} at the upstream`);
      // Those that had or awaited a place, and all who wanted the same as one of them.
      t.equal(statuses.get('200 '), answered - 1 + CLIENTS);
      t.equal(statuses.get('503 1'), CLIENTS - answered + 1);
      t.comment([...statuses].map((entry) => entry.join(': ')).join(', '));
      const sent = origin.requests.filter(({ url }) => url === '/same').length;
      t.equal(sent, 1, 'the same key');
      // Back to normal at once.
      for (let i = 0; i < 5; i++) t.equal((await sidecar.ask(`/after/${i}`)).status, 200);
      const levels = await levelsOf(sidecar);
      t.match(levels, {
        requests: 0,
        exchanges: 0,
        routes: { a: { waiting: 0, atUpstream: 0, breaker: 'closed' } },
      });
    });
  }
}

t.test('an upstream that hangs in a storm is left alone until it answers', async (t) => {
  const { fragile, origin } = await startFragile(t);
  const sidecar = await startSidecar(
    origin.url,
    `clients: { max-connections: 20000, max-requests: 20000 }
upstream: { url: '${origin.url}', head-timeout: 300ms, breaker: { open: 500ms, longest: 500ms } }
routes: [{ name: a, match: "/*", ttl: 60s, concurrency: { limit: ${STANDS}, queue: 1000, timeout: 20s } }]
`,
  );
  t.teardown(() => sidecar.close());
  fragile.hangs = true;
  const began = performance.now();
  const replies = await Promise.all(Array.from({ length: CLIENTS }, (_, i) => come(sidecar.port, `/${i}`)));
  const took = performance.now() - began;
  t.ok(took < 5_000 + 2 * CLIENTS, 'nobody waits for a time-out behind that of another');
  const timedOut = replies.filter((reply) => reply?.status === 504).length;
  const refused = replies.filter((reply) => reply?.status === 503 && Number(reply.retryAfter) >= 1).length;
  t.equal(timedOut + refused, CLIENTS, 'everybody is answered');
  // Those before it opened, and one try in each pause and time-out.
  t.ok(timedOut <= 2 * STANDS + took / 600, `${timedOut} at the upstream in all`);
  fragile.wake();
  await eventually(async () => (await sidecar.ask('/back')).status === 200);
  const after = await Promise.all(Array.from({ length: 50 }, (_, i) => come(sidecar.port, `/after/${i}`)));
  t.ok(after.every((reply) => reply?.status === 200));
  t.ok(fragile.most <= STANDS);
});
