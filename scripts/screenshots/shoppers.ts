import { Agent, request } from 'node:http';
import { CATEGORIES } from '../../examples/product-api/seed.ts';

/** People who look at products, and now and then change one, until they are told to stop. */
export interface Shoppers {
  stop(): void;
}

/** Requests a second against `urls` in turn, more of them at some times than at others. */
export function sendShoppers(urls: readonly string[], perSecond: number): Shoppers {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const started = performance.now();
  let due = 0;
  let sent = 0;
  const timer = setInterval(() => {
    const seconds = (performance.now() - started) / 1000;
    due += (perSecond / 50) * (0.75 + 0.25 * Math.sin(seconds / 4) + 0.15 * Math.random());
    for (; sent < due; sent++) ask(urls[sent % urls.length] ?? '', sent);
  }, 20);

  function ask(url: string, turn: number): void {
    const { method = 'GET', path, headers = {}, body } = wish(turn);
    const given = body === undefined ? headers : { ...headers, 'content-type': 'application/json' };
    const req = request(url + path, { method, headers: { host: 'shop.example', ...given }, agent }, (res) =>
      res.resume(),
    );
    req.on('error', () => {});
    req.end(body);
  }

  return {
    stop() {
      clearInterval(timer);
      agent.destroy();
    },
  };
}

interface Wish {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A few products are wanted by everybody, most by hardly anyone. */
function wish(turn: number): Wish {
  const chance = Math.random();
  const id = 1 + Math.floor(600 * Math.random() ** 4);
  if (turn % 97 === 0) return { path: '/health' };
  if (turn % 211 === 0) return { method: 'PATCH', path: `/products/${id}`, body: '{"stock": 11}' };
  if (chance < 0.02) return { path: `/products/${id}`, headers: { cookie: 'session=1' } };
  if (chance < 0.03) return { path: `/products/${id}`, headers: { 'x-experiment': 'b' } };
  if (chance < 0.04) return { path: `/products/${5000 + (id % 20)}` };
  if (chance < 0.05) return { path: `/products/${id}`, headers: { 'cache-control': 'only-if-cached' } };
  if (chance < 0.06) return { path: `/products/${id}`, headers: { 'cache-control': 'no-cache' } };
  if (chance > 0.72) {
    const category = CATEGORIES[id % CATEGORIES.length];
    return { path: `/products?category=${category}&limit=${10 * (1 + (id % 4))}&utm_source=mail${turn % 9}` };
  }
  return { path: `/products/${id}` };
}
