import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { freePort, type RedisServer, startRedis } from '../fixtures/redis-server.ts';
import { type Sidecar, startSidecar } from '../fixtures/sidecar.ts';
import { settled } from '../fixtures/stats.ts';

/** What a hostile client or upstream would like to become markup. */
export const HOSTILE = `<img/src=x/onerror=document.title='taken'>`;

const ROUTES = `
routes:
  - name: product
    match: /products/:id
    ttl: 60s
    tags: ['product-{id}']
  - name: search
    match: /search
    ttl: 60s
  - name: account
    match: /account
    ttl: 60s
`;

/** A sidecar with a real upstream and a real Redis, and what a browser needs to look at it. */
export interface House {
  readonly url: string;
  readonly sidecar: Sidecar;
  close(): Promise<void>;
}

export async function startHouse(): Promise<House> {
  const redis: RedisServer = await startRedis();
  const origin = await startGoods();
  const port = await freePort();
  const sidecar = await startSidecar(
    origin.url,
    `admin: { listen: '127.0.0.1:${port}' }\nredis: { url: '${redis.url}' }\ncoherence: { replica: shop-a }\n${ROUTES}`,
  );
  await settled(sidecar);
  return {
    url: `http://127.0.0.1:${port}/`,
    sidecar,
    async close() {
      await sidecar.close();
      await origin.close();
      await redis.stop();
    },
  };
}

/** Products, searches, and an account that nobody else is to see. */
export function startGoods(): Promise<Origin> {
  return startOrigin((req, res) => {
    const { url = '' } = req;
    // A date is in whole seconds, and so up to one old.
    res.sendDate = false;
    if (url.startsWith('/account')) res.setHeader('cache-control', 'private');
    if (url.startsWith('/search')) res.setHeader('surrogate-key', HOSTILE);
    res.end(`{"url": ${JSON.stringify(url)}}`);
  });
}

/** What a browser says of calls that the admin port refused, or was not there for: no fault of the page. */
const REFUSALS =
  /^Failed to load resource: .*(?:status of (?:400|401|403|429|503)|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET)/;

/** One tab, and everything that it complained of. */
export interface Tab {
  readonly page: Page;
  /** Errors of the console and of scripts, and what the content security policy refused. */
  readonly complaints: string[];
}

/** Opens the dashboard. */
export async function openTab(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Tab> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    const isLoud = message.type() === 'error' || message.type() === 'warning';
    if (isLoud && !REFUSALS.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, complaints };
}

/** Resolves once the page says that it is live. */
export async function live(page: Page): Promise<void> {
  await page.locator('#connection', { hasText: 'live' }).waitFor();
}

/** The text of a figure in a panel. */
export function figure(page: Page, panel: string, label: string): Promise<string> {
  const row = page
    .locator(`#panel-${panel} .figures > div`)
    .filter({ has: page.locator(`dt:text-is("${label}")`) });
  return row.locator('dd').innerText();
}
