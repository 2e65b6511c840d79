import type { Browser, Page } from 'playwright-core';
import type { Test } from 'tap';
import { figure, type House, live, openTab, type Tab } from './house.ts';

/** Walks on with the Tab key to the control with this id. */
async function tabTo(page: Page, id: string): Promise<void> {
  for (let steps = 0; steps < 200; steps++) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate('document.activeElement?.id')) === id) return;
  }
  throw new Error(`#${id} is not reached by Tab`);
}

/** What is done at the page, and whether it was done. */
export function testForms(t: Test, browser: Browser, house: House): void {
  const { url, sidecar } = house;
  let tab: Promise<Tab> | undefined;
  /** The same for all of them: what one has left in a form hinders no other. */
  const open = async () => {
    tab ??= openTab(browser, url);
    const { page } = await tab;
    await live(page);
    return tab;
  };

  t.test('purge by the keyboard alone: look, confirm, receipt', async (t) => {
    await sidecar.ask('/products/7');
    t.match((await sidecar.ask('/products/7')).cacheStatus, 'hit');
    const { page, complaints } = await open();
    await tabTo(page, 'purge-kind');
    await page.keyboard.type('Tag');
    await tabTo(page, 'purge-value');
    t.equal(await page.locator('#purge-value-label').innerText(), 'Tag');
    await page.keyboard.type('product-7');
    await page.keyboard.press('Enter');

    const confirm = page.locator('#purge-confirm');
    await confirm.waitFor();
    t.match(
      await page.locator('#purge-result').innerText(),
      '1 stored response in the memory of this sidecar matches.',
    );
    t.match((await sidecar.ask('/products/7')).cacheStatus, 'hit', 'a look purges nothing');
    await page.keyboard.type('x');
    await confirm.waitFor({ state: 'detached' });
    t.pass('what was looked at is confirmed, or nothing');

    await page.keyboard.press('Backspace');
    await page.keyboard.press('Enter');
    await tabTo(page, 'purge-confirm');
    t.not(
      await page.evaluate('getComputedStyle(document.activeElement).outlineStyle'),
      'none',
      'focus is seen',
    );
    await page.keyboard.press('Enter');
    await page.locator('.receipt').waitFor();
    const receipt = await page.locator('.receipt').innerText();
    t.match(receipt, /^Purged\./);
    t.match(receipt, /What\s+tag product-7/);
    t.match(receipt, /Matched in memory\s+1/);
    t.match(receipt, /Every replica\s+has applied it/);
    t.match(receipt, /Applied by\s+shop-a/);
    const missed = await sidecar.ask('/products/7');
    t.match(missed.cacheStatus, 'detail=purged', 'the next request is a miss');

    const listed = page.locator('#purges-table tr', { hasText: 'tag product-7' });
    await listed.waitFor();
    t.match(await listed.innerText(), /local\s+applied\s+shop-a/);
    t.same(complaints, []);
  });

  t.test('a purge that is refused says why', async (t) => {
    const { page } = await open();
    await page.locator('#purge-kind').selectOption('glob');
    await page.locator('#purge-value').fill('/**');
    await page.locator('#purge-form button').click();
    await page.locator('#purge-result .error', { hasText: 'matches everything' }).waitFor();
    await page.locator('#purge-kind').selectOption('all');
    await page.locator('#purge-form button').click();
    t.equal(await page.locator('#purge-confirm').innerText(), 'Purge everything');
    t.equal(await page.locator('#purge-value').isVisible(), false);
    await page.getByRole('button', { name: 'Cancel' }).click();
    t.equal(await page.locator('#purge-result').innerText(), '');
  });

  t.test('an explanation says what a request then comes to', async (t) => {
    await sidecar.ask('/products/8');
    const { page, complaints } = await open();
    const explain = async (path: string, headers = '') => {
      await page.locator('#explain-url').fill(path);
      await page.locator('#explain-headers').fill(headers);
      await page.locator('#explain-form button').click();
      await page.locator('#explain-status', { hasText: 'Explained' }).waitFor({ state: 'attached' });
      return page.locator('#explained-status').innerText();
    };
    const ttl = /ttl=\d+/;
    const hit = await explain('/products/8');
    t.equal(hit.replace(ttl, ''), (await sidecar.ask('/products/8')).cacheStatus.replace(ttl, ''));
    t.match(hit, /; hit; /);
    const sections = await page.locator('.explanation h3').allInnerTexts();
    t.same(sections.slice(0, 3), ['What would happen now', 'Route', 'Cache key']);
    t.match(await page.locator('.explanation').innerText(), /product-8/);

    const answer = await sidecar.ask('/products/8', { headers: { cookie: 'a=1' } });
    t.equal(
      await explain('/products/8', 'cookie: a=1'),
      'cacheside; fwd=bypass; detail=cookie',
      'as far as it is known',
    );
    const told = await page.locator('.explanation code').allInnerTexts();
    t.ok(told.includes(answer.cacheStatus), 'and the whole of it, as the upstream answered last');
    t.ok((await page.locator('.explanation h3').allInnerTexts()).includes('What to change'));

    await page.locator('#explain-headers').fill('nonsense');
    await page.locator('#explain-form button').click();
    await page.locator('#explain-status .error', { hasText: 'write name: value' }).waitFor();
    t.same(complaints, []);
  });

  t.test('paths are warmed', async (t) => {
    const { page, complaints } = await open();
    const paths = Array.from({ length: 120 }, (_, i) => `/products/warm-${i}`);
    await page.locator('#warm-paths').fill([...paths, '/account', '/products/8'].join('\n'));
    await page.locator('#warm-host').fill(`127.0.0.1:${sidecar.port}`);
    await page.locator('#warm-form button').first().click();
    const result = page.locator('#warm-result');
    await result.locator('.pairs').waitFor();
    const told = await result.innerText();
    t.match(told, /Paths\s+122/);
    t.match(told, /Stored\s+120/);
    t.match(told, /Already there\s+1/);
    t.match(told, /Not stored\s+1: response-private 1/);
    t.match(told, /Failed\s+0/);
    for (const path of [paths[0], paths[119]]) t.match((await sidecar.ask(path ?? '')).cacheStatus, '; hit');
    t.equal(await page.locator('#warm-stop').isVisible(), false);
    t.match(await figure(page, 'memory', 'Stored responses'), /^\d+$/);
    t.same(complaints, []);
    await page.context().close();
  });
}
