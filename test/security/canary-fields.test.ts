import t from 'tap';
import { HARMLESS, ROUTING } from '../../src/policy/request-field-names.ts';
import type { Ask } from '../fixtures/sidecar.ts';
import type { Tiers } from '../proxy/tiers.ts';
import { type Stand, startHouse } from './cache-house.ts';
import { CANARY_NAMES } from './canary-names.ts';
import { CANARY, isColoured, reflect } from './canary-reflection.ts';
import { inParallel } from './in-parallel.ts';

/*
 * No unkeyed field colours what is shared: not X-Forwarded-Host, nor its hundreds of relatives. Each name brings a canary to an upstream that reflects whatever it is told; whoever comes later, and
 * says nothing, must not see it. CANARY_ALL=1 tries every name on every kind of route behind every door and tier.
 */

const { CANARY_ALL } = process.env;
type Headers = NonNullable<Ask['headers']>;

const ALL = CANARY_ALL === '1';

/** Kinds of routes by the first segment of their paths. */
const KINDS: Readonly<Record<string, string>> = {
  ttl: 'ttl: 60s',
  origin: 'origin: respect',
  ignored: 'origin: ignore, ttl: 60s',
  tagged: 'ttl: 60s, tags: ["t-{query.t}", "r-{response.x-reflected}"]',
  cookies: 'ttl: 60s, cookies: ignore',
  strip: 'ttl: 60s, cookies: strip, request-fields: { strip: [x-theme] }',
  keyed: 'ttl: 60s, key: { headers: [x-tenant, x-forwarded-prefix, accept-language], cookies: [lang] }',
  compress: 'ttl: 60s, compress: [gzip]',
  normal: 'ttl: 60s, request-fields: { normalise: [accept-language] }',
  search: 'ttl: 60s, no-vary-search: respect',
  stale: 'ttl: 60s, stale-while-revalidate: 60s, stale-if-error: 60s, eager-refresh: 90%',
  post: 'ttl: 60s, post: true',
};
/** Without memory nothing is compressed. */
const documentOf = (tiers: Tiers): string => {
  const kinds = Object.entries(KINDS).filter(([kind]) => tiers !== 'Redis' || kind !== 'compress');
  return `routes:\n${kinds.map(([kind, rest]) => `  - { name: ${kind}, match: /${kind}/*, ${rest} }\n`).join('')}`;
};

/** A name whose value a client may choose at will, and everybody gets: its upstream must say that it varies by it. */
const isNegotiated = (name: string) => HARMLESS.has(name) && name !== 'x-forwarded-for';

/** Of these names, those with which somebody coloured what the next one got. */
async function colouring(
  { ask, name }: Stand,
  kind: string,
  names: readonly string[],
  headers?: (name: string) => Headers,
): Promise<string[]> {
  const found: string[] = [];
  const seen = new Set<string>();
  let shared = 0;
  await inParallel(names, async (field) => {
    const path = `/${kind}/${encodeURIComponent(field)}`;
    const first = await ask(path, { headers: headers?.(field) ?? { [field]: CANARY } });
    const clean = await ask(path);
    if (isColoured(clean)) found.push(field.toLowerCase());
    seen.add(`${first.status} ${clean.status}`);
    // What nobody can colour is still shared.
    const isShared = /hit/.test(clean.cacheStatus) || /hit/.test((await ask(path)).cacheStatus);
    if (isShared) shared++;
  });
  // What has two readings may be refused.
  const expected = headers === undefined ? /^200 200$/ : /^(?:200|400) 200$/;
  if (![...seen].every((statuses) => expected.test(statuses)))
    throw new Error(`${name}, ${kind}: ${[...seen]}`);
  // But for what Redis did not answer in its time.
  if (shared < names.length * 0.8)
    throw new Error(`${name}, ${kind}: ${shared} of ${names.length} were shared`);
  return found.sort();
}

/** One in `share` of the names, others for each kind and door; all of them where that is wanted. */
const some = (share: number, offset: number, names = CANARY_NAMES) =>
  names.filter((_, i) => ALL || share === 1 || i % share === offset % share);
const routing = (share: number, offset: number) => some(share, offset, [...ROUTING]);

t.test('no field colours what others get', async (t) => {
  const house = await startHouse(t, documentOf, reflect);

  for (const [i, stand] of house.stands.entries()) {
    const names = some(stand.name === 'fast door, memory' ? 1 : 12, i);
    const expected = names.map((name) => name.toLowerCase()).filter(isNegotiated);
    t.strictSame(
      await colouring(stand, 'ttl', names),
      expected.sort(),
      `${stand.name}: ${names.length} names`,
    );
  }
  for (const [i, kind] of Object.keys(KINDS).entries()) {
    for (const stand of ALL ? house.stands : house.stands.slice(0, 1)) {
      if (kind === 'ttl' || (kind === 'compress' && stand.tiers === 'Redis')) continue;
      const names = [
        ...some(20, i),
        'Accept-Language',
        'Accept-Encoding',
        'X-Tenant',
        'X-Forwarded-Prefix',
        'X-Theme',
      ];
      const keyed = kind === 'keyed' ? 'accept-language' : kind === 'compress' ? 'accept-encoding' : '';
      const expected = new Set(
        names.map((name) => name.toLowerCase()).filter((name) => isNegotiated(name) && name !== keyed),
      );
      const found = new Set(await colouring(stand, kind, [...new Set(names)]));
      t.strictSame([...found].sort(), [...expected].sort(), `${kind}, ${stand.name}`);
    }
  }

  // An upstream that says what it varies by keeps even these apart.
  const negotiated = CANARY_NAMES.map((name) => name.toLowerCase()).filter(
    (name) => isNegotiated(name) && name !== 'x-request-id',
  );
  for (const stand of [house.stands[0], house.stands[5]]) {
    if (stand !== undefined) t.strictSame(await colouring(stand, 'ttl/vary', negotiated), [], stand.name);
  }
});

/** As other spellings of one name: in capitals, as CGI reads it, doubled around a clean one. */
const FORMS: Readonly<Record<string, (name: string) => Headers>> = {
  'in capitals': (name) => ({ [name.toUpperCase()]: CANARY }),
  underscores: (name) => ({ [name.replaceAll('-', '_')]: CANARY }),
  'one underscore': (name) => ({ [name.replace('-', '_')]: CANARY }),
  dots: (name) => ({ [name.replaceAll('-', '.')]: CANARY }),
  twice: (name) => ({ [name]: ['clean', CANARY] }),
  'beside its other spelling': (name) => ({ [name]: 'clean', [name.replaceAll('-', '_')]: CANARY }),
};

t.test('where the upstream alone decides', async (t) => {
  const house = await startHouse(t, '', reflect);
  for (const [i, stand] of house.stands.entries()) {
    const names = some(stand.name === 'fast door, memory' ? 3 : 20, i);
    t.strictSame(await colouring(stand, 'vary', names), [], `${stand.name}: ${names.length} names in Vary`);
    t.strictSame(
      await colouring(stand, 'a', routing(i === 0 ? 1 : 8, i)),
      [],
      `${stand.name}: what alters routing is removed`,
    );
    if (stand.tiers !== 'memory') continue;
    for (const [j, [form, headers]] of Object.entries(FORMS).entries()) {
      t.strictSame(
        await colouring(stand, form.replaceAll(' ', '-'), routing(4, i + j), headers),
        [],
        `${stand.name}: ${form}`,
      );
    }
  }
});

t.test('where X-Forwarded-* is trusted, what of it reaches the upstream is keyed', async (t) => {
  const house = await startHouse(
    t,
    (tiers) => `clients: { trust-forwarded: true }\n${documentOf(tiers)}`,
    reflect,
  );
  const names = [
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Prefix',
    'X-Forwarded-Port',
    'Forwarded',
  ];
  for (const stand of house.stands) {
    t.strictSame(await colouring(stand, 'ttl', names), [], stand.name);
    const asked = (host: string, proto = 'http') =>
      stand.ask('/ttl/told', { headers: { 'x-forwarded-host': host, 'x-forwarded-proto': proto } });
    t.match(await asked('a.test'), { text: /a\.test/, cacheStatus: /stored/ });
    t.match(await asked('b.test'), { text: /b\.test/, cacheStatus: /stored/ });
    t.match(await asked('a.test', 'https'), { text: /"https"/, cacheStatus: /stored/ });
    t.match(await asked('a.test'), { text: /"http"/, cacheStatus: /hit/ }, 'told apart, and shared');
  }
});
