import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import type { Test } from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import { type House, live, openTab } from './house.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: unknown; readonly failureSummary: string }[];
}

/** What axe finds on the page as it stands, but for what is minor. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const found = (await page.evaluate(
    'axe.run(document).then(({ violations }) => violations)',
  )) as Violation[];
  return found
    .filter(({ impact }) => impact !== 'minor')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
    );
}

/** Has all that the page can show stand there. */
async function fillPage(page: Page): Promise<void> {
  await live(page);
  await page.locator('#explain-url').fill('/account');
  await page.locator('#explain-form button').click();
  await page.locator('.explanation').waitFor();
  await page.locator('#purge-value').fill('/products/8');
  await page.locator('#purge-form button').click();
  await page.locator('#purge-confirm').waitFor();
  await page.locator('#missed-table tbody tr').first().waitFor();
}

/** Whether the page can be read by everybody, everywhere. */
export function testLook(t: Test, browser: Browser, { url }: House): void {
  t.test('axe finds nothing, light or dark, wide or narrow, where nothing scrolls sideways', async (t) => {
    const { page, complaints } = await openTab(browser, url, { colorScheme: 'light' });
    await fillPage(page);
    t.same(await violations(page), [], 'light');
    await page.emulateMedia({ colorScheme: 'dark' });
    t.same(await violations(page), [], 'dark');

    await page.setViewportSize({ width: 400, height: 800 });
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), 400);
    const cut = await page.evaluate(
      '[...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > 400.5 && !e.closest(".visually-hidden, .table thead, canvas, .uplot")).map((e) => e.outerHTML.slice(0, 80))',
    );
    t.same(cut, []);
    t.same(await violations(page), [], 'narrow');
    t.same(complaints, []);
    await page.context().close();
  });

  t.test(
    'figures come without anything moving, in the theme that is chosen, and only while somebody looks',
    async (t) => {
      const { page } = await openTab(browser, url, { colorScheme: 'light' });
      await live(page);
      await page.locator('#plot-memory canvas').last().waitFor();
      await page.locator('#missed-table tbody tr').first().waitFor();
      await page.evaluate(
        'globalThis.shift = 0; new PerformanceObserver((list) => { for (const { value } of list.getEntries()) shift += value; }).observe({ type: "layout-shift" })',
      );
      const uptime = () => page.locator('#uptime').innerText();
      const first = await uptime();
      await eventually(async () => (await uptime()) !== first);
      const second = await uptime();
      await eventually(async () => (await uptime()) !== second);
      t.ok(Number(await page.evaluate('shift')) < 0.005, 'nothing moved');

      const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
      const before = await background();
      await page.getByRole('button', { name: 'Dark theme' }).click();
      t.not(await background(), before);
      await page.getByRole('button', { name: 'Light theme' }).click();
      t.equal(await background(), before);

      const hide = (hidden: boolean) =>
        page.evaluate(
          `Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`,
        );
      await hide(true);
      await page.locator('#connection', { hasText: 'paused' }).waitFor();
      await hide(false);
      await live(page);
      await page.context().close();
    },
  );
}
