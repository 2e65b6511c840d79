import t from 'tap';
import { parseRequestTarget } from '../../src/policy/request-target.ts';
import { createRouteTable } from '../../src/proxy/route-table.ts';
import { request, rule } from '../policy/given.ts';
import { type Stand, startHouse } from './cache-house.ts';
import { inParallel } from './in-parallel.ts';
import { READINGS } from './path-readings.ts';
import { DECEPTIVE } from './path-spellings.ts';

/*
 * Dot segments, `//`, `%2F`, `;x`, `%zz`: what is matched is what is keyed is what is sent, or a 400. And so no rule for
 * what is the same for all takes `/account/x.css`, however it is spelt.
 */

/** Rules as they are written for what is the same for all; `cookies: ignore` and `origin: ignore` are the worst of them. */
const SHARED = ['/static/*', '/*.css', '/assets/*.css', '/img/:name'];

/** What a suffix makes another format of is what the rule takes: the response has to say that it is private. */
const isPrivate = (resource: string) => /^\/account(?:$|\/)/i.test(resource);

t.test('what a shared rule takes is private to no upstream', (t) => {
  const table = createRouteTable(
    SHARED.map((pattern) => rule({ name: pattern, match: { ...rule().match, pattern } })),
  );
  const fooled: string[] = [];
  let taken = 0;
  let refused = 0;
  for (const spelt of new Set(DECEPTIVE)) {
    const target = parseRequestTarget(spelt);
    if (target === undefined) {
      refused++;
      continue;
    }
    const again = parseRequestTarget(target.path);
    if (again?.path !== target.path) fooled.push(`${spelt}: ${target.path} is read as ${again?.path}`);
    const route = table.match(request({ ...target }));
    if (route === undefined) continue;
    taken++;
    for (const [how, read] of Object.entries(READINGS)) {
      if (isPrivate(read(target.path)))
        fooled.push(`${spelt}: ${route.rule.name}, ${how} ${read(target.path)}`);
    }
  }
  t.strictSame(fooled, []);
  t.ok(taken > 100 && refused > 500, `${taken} were taken, ${refused} refused`);
  t.end();
});

const DOCUMENT = `routes:
${SHARED.map((match) => `  - { match: "${match}", ttl: 60s, origin: ignore, cookies: ignore, response: { cache-status-key: true } }\n`).join('')}
  - { match: "*", ttl: 60s, response: { cache-status-key: true } }
`;

/** One request with its target as it stands on the wire. */
async function get({ sidecar }: Stand, target: string, host: string, fields = ''): Promise<string> {
  const wire = sidecar.connect();
  wire.send(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${fields}Connection: close\r\n\r\n`);
  return wire.closed;
}

t.test('whoever is lured to a page of his own leaves it for nobody', async (t) => {
  const readings = Object.values(READINGS);
  // Which upstream it is stands in its host, so that one serves as all.
  const house = await startHouse(t, DOCUMENT, (req, res) => {
    const { url = '', headers } = req;
    const reading = readings[Number.parseInt(headers.host ?? '', 10)] ?? ((path) => path);
    const [path = ''] = url.split('?');
    const what = isPrivate(reading(path)) ? `the page of ${headers.cookie ?? 'nobody'}` : 'for all';
    res.setHeader('X-Sent', url);
    res.end(what);
  });
  const spellings = [...new Set(DECEPTIVE)];
  for (const [i, stand] of house.stands.entries()) {
    const wrong: string[] = [];
    const counts = new Map<string, number>();
    const some = spellings.filter((_, k) => (k + i) % (i === 0 ? 4 : 23) === 0);
    await inParallel([...some.entries()], async ([k, spelt]) => {
      const host = `${k % readings.length}.test`;
      const before = house.origin.requests.length;
      const lured = await get(stand, spelt, host, 'Cookie: victim\r\n');
      const status = lured.slice(9, 12);
      counts.set(status, (counts.get(status) ?? 0) + 1);
      if (status === '400') {
        const path = spelt.split('?')[0] ?? '';
        const sent = house.origin.requests.slice(before).find(({ url }) => url === path);
        return void (sent === undefined || wrong.push(`${spelt}: 400, and sent`));
      }
      const thief = await get(stand, spelt, host);
      if (status !== '200' || thief.includes('victim')) wrong.push(`${spelt}, ${host}: ${thief}`);
      // What is keyed is what was sent.
      const key = /key="([^"]*)"/.exec(thief)?.[1];
      const sent = /X-Sent: (.*)\r\n/i.exec(thief)?.[1];
      if (key !== undefined && key !== `http://${host}${sent}`)
        wrong.push(`${spelt}: keyed ${key}, sent ${sent}`);
    });
    t.strictSame(wrong, [], `${stand.name}: ${[...counts].map((count) => count.join(': '))}`);
    t.ok((counts.get('200') ?? 0) > 10 && (counts.get('400') ?? 0) > 10);
  }
});
