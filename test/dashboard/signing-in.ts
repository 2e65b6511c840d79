import type { Browser, Page } from 'playwright-core';
import type { Test } from 'tap';
import { freePort } from '../fixtures/redis-server.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { live, openTab, startGoods } from './house.ts';

const READER = 'r'.repeat(40);
const PURGER = 'p'.repeat(40);

async function signIn(page: Page, token: string): Promise<void> {
  await page.locator('#token-value').fill(token);
  await page.locator('#token-form button').click();
}

/** What the page does with a token, and without a sidecar. */
export function testSigningIn(t: Test, browser: Browser): void {
  t.test('a token is asked for, and kept nowhere but in the page', async (t) => {
    const origin = await startGoods();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const tokens = `[{ name: reader, token: ${READER}, scopes: [read] }, { name: deploy, token: ${PURGER} }]`;
    const start = () =>
      startSidecar(
        origin.url,
        `admin: { listen: '127.0.0.1:${port}', tokens: ${tokens} }\nroutes: [{ match: /a, ttl: 60s }]`,
      );
    let sidecar = await start();
    t.teardown(async () => {
      await sidecar.close();
      await origin.close();
    });
    const { page, complaints } = await openTab(browser, url);
    const error = page.locator('#token-error');
    await page.locator('#token-value:focus').waitFor();
    t.equal(await error.innerText(), '', 'asking is no reproach');
    t.equal(await page.locator('#content').isVisible(), false);

    await signIn(page, 'wrong');
    await page.locator('#token-error', { hasText: 'Not signed in. This token is not known.' }).waitFor();
    await signIn(page, READER);
    await live(page);
    t.equal(await page.locator('#token').isVisible(), false);
    t.equal(page.url(), url, 'not in the address');
    const kept =
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state])';
    t.equal(await page.evaluate(kept), '[{},{},"",null]', 'not stored');
    t.notMatch(await page.content(), READER, 'not in the document');

    await page.locator('#purge-value').fill('/a');
    await page.locator('#purge-form button').click();
    const refused = 'Not allowed. The token "reader" lacks the scope "purge".';
    await page.locator('#purge-result .error', { hasText: refused }).waitFor();
    await page.getByRole('button', { name: 'Forget token' }).click();
    await page.locator('#token-value').waitFor();
    t.equal(await page.locator('#content').isVisible(), false, 'nothing is shown to whoever comes next');
    await signIn(page, PURGER);
    await live(page);
    await page.locator('#purge-form button').click();
    await page.locator('#purge-confirm').waitFor();

    // The sidecar goes, and comes back on the same port.
    await sidecar.close();
    await page.locator('#trouble', { hasText: 'it is tried again' }).waitFor();
    await page.locator('#state', { hasText: 'not reachable' }).waitFor();
    t.match(await page.locator('#connection').innerText(), /^lost/);
    sidecar = await start();
    await live(page);
    t.equal(await page.locator('#trouble').isVisible(), false);
    t.equal(await page.locator('#token').isVisible(), false, 'with the token that it had');

    await page.reload();
    await page.locator('#token-value').waitFor();
    t.pass('a reload forgets it');
    for (let tries = 0; tries < 10; tries++) {
      const answered = page.waitForResponse((response) => response.url().includes('/live'));
      await signIn(page, `guess-${tries}`);
      await answered;
    }
    await page.locator('#token-error', { hasText: /^Too many calls .* Try again in \d+ (s|m)/ }).waitFor();
    await signIn(page, PURGER);
    await live(page);
    t.pass('a token that is not guessed gets in all the same');
    t.same(complaints, []);
    await page.context().close();
  });
}
