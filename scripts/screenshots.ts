// npm run screenshots [-- --seconds 60]: the product API behind two replicas of Cacheside with a real Redis, a
// minute of varied traffic, and pictures of the dashboard in docs/images. `npm run build` comes first.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../test/fixtures/chromium.ts';
import { freePort, startRedis } from '../test/fixtures/redis-server.ts';
import { type Child, startChild } from './demo/child.ts';
import { send } from './demo/request.ts';
import { sendShoppers } from './screenshots/shoppers.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const IMAGES = join(ROOT, 'docs/images');
const given = process.argv.indexOf('--seconds');
const SECONDS = given < 0 ? 60 : Number(process.argv[given + 1]);
const PER_SECOND = 240;

const PICTURES = [
  { name: 'light', scheme: 'light', width: 1280, height: 1230 },
  { name: 'dark', scheme: 'dark', width: 1280, height: 1230 },
  { name: 'narrow', scheme: 'light', width: 400, height: 1400 },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'cacheside-screenshots-'));
const children: Child[] = [];

async function startApi(port: number): Promise<Child> {
  const server = join(ROOT, 'examples/product-api/server.ts');
  const flags = [`--port=${port}`, `--database=${join(folder, 'products.db')}`, '--latency=12'];
  const child = startChild(process.execPath, ['--import=tsx', server, ...flags]);
  children.push(child);
  await child.line(/listening on/);
  return child;
}

async function startReplica(
  name: string,
  upstream: string,
  redis: string,
): Promise<{ url: string; admin: string }> {
  const proxy = `127.0.0.1:${await freePort()}`;
  const admin = `127.0.0.1:${await freePort()}`;
  const config = join(ROOT, 'scripts/screenshots/cacheside.yaml');
  const env = { UPSTREAM_URL: upstream, REDIS_URL: redis, REPLICA: name, ADMIN: admin };
  const child = startChild(process.execPath, [join(ROOT, 'bin/cacheside'), '-c', config, '--listen', proxy], {
    env,
  });
  children.push(child);
  for (let tries = 0; tries < 300; tries++) {
    const ready = await send({ url: `http://${admin}/readyz` }).catch(() => undefined);
    if (ready?.status === 200) return { url: `http://${proxy}`, admin: `http://${admin}` };
    await delay(50);
  }
  throw new Error(`${name} did not get ready:\n${child.lines.join('\n')}`);
}

async function purge(admin: string, json: object): Promise<void> {
  await send({ method: 'POST', url: `${admin}/purge`, json });
}

async function takePictures(browser: Browser, admin: string, meanwhile: () => Promise<void>): Promise<void> {
  const pages = await Promise.all(
    PICTURES.map(async ({ name, scheme, width, height }) => {
      const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height } });
      const page = await context.newPage();
      await page.goto(admin);
      // Of five minutes one is there.
      await page.getByText('1 min', { exact: true }).click();
      return { name, page };
    }),
  );
  await meanwhile();
  mkdirSync(IMAGES, { recursive: true });
  for (const { name, page } of pages) {
    await page.locator('#explain-url').fill('http://shop.example/products/1');
    await page.locator('#explain-form button').click();
    await page.locator('.explanation').waitFor();
    await page.evaluate('scrollTo(0, 0)');
    await page.screenshot({ path: join(IMAGES, `dashboard-${name}.png`) });
    await page.screenshot({ path: join(folder, `${name}-whole.png`), fullPage: true });
    console.log(`docs/images/dashboard-${name}.png`);
  }
}

const redis = await startRedis();
let browser: Browser | undefined;
try {
  const port = await freePort();
  const upstream = `http://127.0.0.1:${port}`;
  const api = await startApi(port);
  const a = await startReplica('shop-a', upstream, redis.url);
  const b = await startReplica('shop-b', upstream, redis.url);
  browser = await launchChromium();
  const shoppers = sendShoppers([a.url, a.url, a.url, b.url], PER_SECOND);
  await takePictures(browser, a.admin, async () => {
    await delay(SECONDS * 400);
    await purge(a.admin, { tag: 'product-1' });
    await purge(b.admin, { prefix: '/products', soft: true });
    await delay(SECONDS * 150);
    // The service restarts: what is stored stands in, and the breaker leaves it alone.
    await api.stop();
    await delay(1_500);
    await startApi(port);
    await delay(SECONDS * 300);
    await purge(a.admin, { glob: '/products/5*' });
    await delay(SECONDS * 150);
  });
  shoppers.stop();
} finally {
  await browser?.close();
  for (const child of children.toReversed()) await child.stop();
  await redis.stop();
  if (!process.argv.includes('--keep')) rmSync(folder, { recursive: true, force: true });
  else console.log(folder);
}
