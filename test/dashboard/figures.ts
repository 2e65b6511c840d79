import type { Browser } from 'playwright-core';
import type { Test } from 'tap';
import type { AdminStats } from '../../src/admin/ports.ts';
import { bytes, count, milliseconds, percent } from '../../src/dashboard/figures.ts';
import { eventually } from '../fixtures/eventually.ts';
import { figure, HOSTILE, type House, live, openTab } from './house.ts';

/** What the page shows against what the sidecar says. */
export function testFigures(t: Test, browser: Browser, house: House): void {
  const { url, sidecar } = house;

  t.test('the figures are those of /stats', async (t) => {
    const { page, complaints } = await openTab(browser, url);
    await live(page);
    for (let id = 1; id <= 5; id++)
      for (let turn = 0; turn < id; turn++) await sidecar.ask(`/products/${id}`);
    await sidecar.ask('/products/1', { headers: { cookie: 'a=1' } });
    await sidecar.ask('/nowhere');
    const stats: AdminStats = JSON.parse((await sidecar.admin('/stats')).text);
    t.match(stats, { requests: 17, hits: 10, misses: 5 });

    const cells = (route: string) =>
      page
        .locator('#routes-table tr')
        .filter({ has: page.locator(`td:first-child:text-is("${route}")`) })
        .locator('td');
    await cells('All').filter({ hasText: /^17$/ }).waitFor();
    const { product, none } = stats.routes;
    t.ok(product !== undefined && none !== undefined);
    if (product === undefined || none === undefined) return;
    const row = ['product', '16', '–', '66.7 %', '', milliseconds(product.responseTime.hits.p99)];
    const shown = await cells('product').allInnerTexts();
    t.same([shown[0], shown[1], shown[3], shown[5]], [row[0], row[1], row[3], row[5]], 'the row of a route');
    t.same(
      shown.slice(6),
      [
        milliseconds(product.responseTime.forwarded.p99),
        '10',
        bytes(product.bytesSaved),
        bytes(product.bytesServed),
      ],
      'what it saved',
    );
    t.match(await cells('none (no route matched)').allInnerTexts(), { 1: '1', 7: '0' });
    t.match(await cells('All').allInnerTexts(), {
      1: '17',
      3: percent(stats.hitRate),
      5: milliseconds(stats.responseTime.hits.p99),
      6: milliseconds(stats.responseTime.forwarded.p99),
      7: '10',
      8: bytes(stats.bytesSaved),
      9: bytes(stats.bytesServed),
    });
    t.equal(
      await cells('product').locator('.mix').getAttribute('aria-label'),
      'hit 62.5 %, miss 31.3 %, pass 6.3 %',
    );

    const legend = (word: string) =>
      page
        .locator('#plot-traffic .legend > div')
        .filter({ has: page.locator(`span:text-is("${word}")`) })
        .locator('.total');
    for (const [word, n] of Object.entries(stats.outcomes))
      t.equal(await legend(word).innerText(), count(n), word);

    t.equal(await page.locator('#tile-requests-since').innerText(), '17 since start');
    t.equal(await page.locator('#tile-saved').innerText(), '10');
    t.equal(await page.locator('#route-count').innerText(), '3');
    t.equal(await page.locator('#state').innerText(), 'ready');
    t.match(await page.locator('#version').innerText(), /^\d+\.\d+\.\d+/);
    const { memory, redis, upstream } = stats;
    t.equal(await figure(page, 'memory', 'Stored responses'), count(memory?.responses));
    t.equal(await figure(page, 'memory', 'Limit'), bytes(memory?.limit));
    t.equal(await figure(page, 'redis', 'State'), redis?.state);
    t.equal(await figure(page, 'redis', 'Errors'), count(redis?.errors));
    t.equal(await figure(page, 'upstream', 'Answers'), '2xx 7');
    t.equal(await figure(page, 'upstream', 'Response time p99'), milliseconds(upstream.responseTime.p99));
    t.equal(await figure(page, 'upstream', 'Failures'), 'none');
    t.equal(await figure(page, 'purges', 'Trusted'), 'yes');
    t.equal(await figure(page, 'purges', 'Replicas'), '1');
    t.equal(await page.locator('#panel-workers').isVisible(), false, 'one process has no workers');
    t.same(complaints, []);
    await page.context().close();
  });

  t.test('what clients and upstreams say is text', async (t) => {
    for (let turn = 0; turn < 3; turn++) await sidecar.ask(`/search?q=${HOSTILE}`);
    await sidecar.ask(`/account?${HOSTILE}`);
    await sidecar.purge({ tag: HOSTILE, soft: true });
    const { page, complaints } = await openTab(browser, url);
    await live(page);
    const missed = page.locator('#missed-table tr', { hasText: '/account' });
    await missed.waitFor();
    t.match(
      await missed.innerText(),
      encodeURI(HOSTILE).replace(/'/g, '%27'),
      'in a URL, as it is normalised',
    );
    t.match(await missed.innerText(), 'response-private 1', 'and why it was missed');
    const search = page.locator('#missed-table tr', { hasText: '/search' });
    await search.getByRole('button').click();
    await page.locator('.explanation').waitFor();
    t.match(await page.locator('.explanation').innerText(), HOSTILE, 'in a tag');
    t.match(await page.locator('#purges-table').innerText(), `tag ${HOSTILE} (soft)`, 'and in a purge');
    t.equal(await page.locator('img').count(), 1, 'no picture but the icon');
    t.equal(await page.title(), 'Cacheside', 'and no script');
    t.same(complaints, []);
    await page.context().close();
  });

  t.test('a violation of the policy would be noticed', async (t) => {
    const { page, complaints } = await openTab(browser, url);
    await page.evaluate(
      "document.body.append(Object.assign(document.createElement('img'), { src: 'http://127.0.0.2:1/x' }))",
    );
    await eventually(() => complaints.length > 0);
    t.match(complaints[0], /Content Security Policy/);
    await t.rejects(page.evaluate("document.body.innerHTML = '<b>x</b>'"), /TrustedHTML|Trusted Type/);
    await page.context().close();
  });
}
