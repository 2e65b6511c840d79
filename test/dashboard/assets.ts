import type { Test } from 'tap';
import type { House } from './house.ts';

/** What is served of the page, and how. */
export function testAssets(t: Test, { url }: House): void {
  t.test('the page and its modules are served, and nothing else', async (t) => {
    const page = await fetch(url);
    t.equal(page.status, 200);
    t.match(page.headers.get('content-type'), /^text\/html; charset=utf-8/);
    const policy = page.headers.get('content-security-policy') ?? '';
    for (const directive of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
      "form-action 'none'",
      "base-uri 'none'",
    ]) {
      t.ok(policy.split('; ').includes(directive), directive);
    }
    t.notMatch(policy, /unsafe/);
    t.equal(page.headers.get('x-content-type-options'), 'nosniff');
    t.equal(page.headers.get('referrer-policy'), 'no-referrer');
    t.equal(page.headers.get('cache-control'), 'no-cache');
    const html = await page.text();
    t.notMatch(html, / style=|<style|<script(?! type="module" src)| on[a-z]+=/i, 'nothing inline');

    const named = [...html.matchAll(/(?:src|href)="(dashboard\/[^"]+)"/g)].map(([, path = '']) => path);
    t.ok(named.length > 5);
    for (const path of named) t.equal((await fetch(url + path)).status, 200, path);
    for (const path of [
      'dashboard/',
      'dashboard/index.html',
      'dashboard/tsconfig.json',
      'dashboard/uPlot.d.ts',
      'dashboard/..%2fmain.js',
    ]) {
      t.equal((await fetch(url + path)).status, 404, path);
    }
  });

  t.test('what a browser has is not sent again', async (t) => {
    for (const path of ['', 'dashboard/main.js', 'dashboard/uPlot.esm.js']) {
      const first = await fetch(url + path);
      const length = (await first.arrayBuffer()).byteLength;
      const etag = first.headers.get('etag') ?? '';
      t.match(etag, /^"[\w-]{20,}"$/);
      const ask = (tag: string, method = 'GET') =>
        fetch(url + path, { method, headers: { 'if-none-match': tag } });
      t.equal((await ask(`"other", W/${etag}`)).status, 304);
      t.equal((await ask('"other"')).status, 200);
      const head = await ask('"other"', 'HEAD');
      t.equal(head.headers.get('content-length'), String(length), 'HEAD tells the length');
    }
  });
}
