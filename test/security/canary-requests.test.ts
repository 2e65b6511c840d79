import t from 'tap';
import { type Stand, startHouse } from './cache-house.ts';
import { isColoured, reflect } from './canary-reflection.ts';
import { ROWS } from './canary-request-rows.ts';
import { TARGET_ROWS } from './canary-target-rows.ts';
import { inParallel } from './in-parallel.ts';

/*
 * Canaries in all that is no plain field – method, body, query, Host, ranges, cookies, fields of
 * the connection. Whoever then asks for the clean target must see none, and find it shared.
 */

const DOCUMENT = `routes:
  - { name: some, match: "/ttl/some/*", ttl: 60s, key: { query: { include: [id, "a b"] } } }
  - { name: none, match: "/ttl/none/*", ttl: 60s, key: { query: none } }
  - { name: keyed, match: "/ttl/keyed/*", ttl: 60s, key: { headers: [x-tenant], cookies: [lang] } }
  - { name: stripped, match: "/ttl/stripped/*", ttl: 60s, cookies: strip }
  - { name: part, match: "/ttl/part/*", ttl: 60s, range: part }
  - { name: post, match: "/post/*", post: true }
  - { name: rest, match: "/*", ttl: 60s, key: { query: { exclude: [utm_*, fbclid, callback] }, sort-query: true } }
`;

/** Sends a row's bytes each on a connection of its own; the status of the last answer. */
async function send({ sidecar }: Stand, sends: readonly string[]): Promise<number> {
  let status = 0;
  for (const bytes of sends) {
    const wire = sidecar.connect();
    wire.send(bytes);
    const text = await wire.until(/HTTP\/1\.1 (?!100)\d{3} [\s\S]*?\r\n\r\n/);
    status = Number(/HTTP\/1\.1 (?!100)(\d{3})/.exec(text)?.[1]);
    if (/^HEAD/.test(bytes) || status === 304) wire.socket.destroy();
    else wire.socket.end();
    await wire.closed;
  }
  return status;
}

t.test('no request colours what others get', async (t) => {
  const rows = [...ROWS, ...TARGET_ROWS];
  const house = await startHouse(t, DOCUMENT, reflect);
  for (const [at, stand] of house.stands.entries()) {
    const failed: string[] = [];
    let shared = 0;
    await inParallel(
      [...rows.entries()],
      async ([i, { id, sends, clean = '§', fields = {}, status = 200, reaches }]) => {
        // Stored by the rule's ttl alone, on a path of the row's own.
        const own = `/x${at}-${i}`;
        const filled = (text: string) => text.replaceAll('§', own);
        const bytes = [sends].flat().map((text) => filled(text));
        const got = await send(stand, bytes);
        if (got !== status) failed.push(`${id}: ${got}`);
        const headers = { host: 'a.test', ...fields };
        const first = await stand.ask(filled(clean), { headers });
        if (isColoured(first) || first.status !== 200) failed.push(`${id}: ${first.status} ${first.text}`);
        const second = await stand.ask(filled(clean), { headers });
        if (isColoured(second)) failed.push(`${id}: ${second.text}`);
        if (/hit/.test(second.cacheStatus)) shared++;
        if (reaches === undefined) return;
        const seen = house.origin.requests.filter(
          ({ url, rawHeaders }) => url.includes(own) && /canary/.test(url + rawHeaders.join()),
        );
        if (seen.length > 0) failed.push(`${id}: reached ${seen[0]?.url}`);
      },
    );
    t.strictSame(failed, [], `${stand.name}: ${rows.length} rows`);
    t.ok(shared >= rows.length * 0.9, `${stand.name}: ${shared} of ${rows.length} are shared`);
  }
});
