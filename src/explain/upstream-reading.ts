import type { DirectiveMeaning } from '../admin/explanation-upstream.ts';
import { formatDuration } from '../config/duration.ts';
import { cacheControl, type Directives, deltaSeconds } from '../policy/cache-control.ts';
import { type FieldLines, fieldLineValues, fieldValue, lowerName } from '../policy/fields.ts';
import { hasUnreadableAge } from '../policy/freshness.ts';
import { parseHttpDate } from '../policy/http-date.ts';
import { parseNoVarySearch } from '../policy/no-vary-search.ts';
import type { RequestHead } from '../policy/request.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import { isHeuristicallyCacheable, isOfRequest, isUnshareable } from '../policy/status-code.ts';
import { responseDirectives } from '../policy/targeted-fields.ts';
import { unsaidVary } from '../policy/unkeyed-influence.ts';
import { parseVary } from '../policy/vary.ts';
import { directiveMeant, lifetimeMeant, type Meant, meant } from './directive-meaning.ts';

/** An answer of the upstream, as far as it decides. */
export interface Said {
  readonly status: number;
  readonly fields: FieldLines;
  /** Nobody can tell where its body ends but by the end of its connection. */
  readonly isUnproven: boolean;
  /** When it arrived; ms since the epoch. */
  readonly at: number;
}

/** Every word of an answer that bears on caching, and what it means under this rule. */
export function readSaid(request: RequestHead, said: Said, rule: RouteRule): DirectiveMeaning[] {
  const { fields, status } = said;
  const words: DirectiveMeaning[] = [{ field: 'status', text: String(status), ...statusMeant(status, rule) }];
  if (said.isUnproven)
    words.push({ field: 'framing', text: 'until the connection ends', ...framingMeant(rule) });
  words.push(...directiveWords(said, rule));
  for (const name of names(fields)) {
    const mean = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (mean === undefined) continue;
    for (const text of fieldLineValues(fields, name))
      words.push({ field: name, text, ...mean({ text, said, rule, request }) });
  }
  const tagged = rule.surrogateTags.fields.filter((name) => fieldValue(fields, name) !== undefined);
  for (const name of tagged)
    words.push({
      field: name,
      text: fieldValue(fields, name) ?? '',
      ...meant('none', 'tags that it can be purged by', null, `surrogate-tags.fields`),
    });
  return words;
}

function names(fields: FieldLines): string[] {
  return [...new Set(fields.filter((_, i) => i % 2 === 0).map(lowerName))];
}

/** Of Cache-Control and of targeted fields: one of them counts, the others do not. */
function directiveWords({ fields, status }: Said, rule: RouteRule): DirectiveMeaning[] {
  const counting = rule.targetedFields.find((name) => responseDirectives(fields, [name]).targeted);
  const targeted = rule.targetedFields.filter((name) => fieldValue(fields, name) !== undefined);
  return [...targeted, 'cache-control'].flatMap((field) => {
    const isTargeted = field !== 'cache-control';
    const all = isTargeted ? responseDirectives(fields, [field]).directives : cacheControl(fields);
    if (isTargeted && !responseDirectives(fields, [field]).targeted) {
      const text = fieldValue(fields, field) ?? '';
      return [{ field, text, ...meant('none', 'it cannot be read, and counts as absent', '9213 §2.1') }];
    }
    return [...all].map(([name, argument]): DirectiveMeaning => {
      const text = argument === '' ? name : `${name}=${argument}`;
      const word = directiveMeant(name, { argument, all, rule, status });
      if (counting === undefined || counting === field) return { field, text, ...word };
      return {
        field,
        text,
        ...word,
        effect: 'overridden',
        by: counting,
        means: `${word.means}; it does not count beside ${counting}`,
      };
    });
  });
}

function statusMeant(status: number, rule: RouteRule): Meant {
  const ruled = rule.statusTtl.get(status);
  if (status === 206 || status === 416)
    return meant('forbids', 'a part, or that there is none: of use to this request alone', '9110 §15.3.7');
  if (isOfRequest(status))
    return meant('forbids', 'one request was refused for what others do not send', '9110 §15.5');
  if (status === 429 && ruled !== undefined)
    return meant(
      'allows',
      `too many requests; stored for ${formatDuration(ruled)}, since the route names it`,
      '6585 §4',
      'status-ttl',
    );
  if (isUnshareable(status))
    return meant('forbids', 'it speaks of one client, or of the network between', '6585');
  if (ruled !== undefined)
    return meant(
      'allows',
      `fresh for ${formatDuration(ruled)} where the upstream states no lifetime`,
      null,
      'status-ttl',
    );
  if (isHeuristicallyCacheable(status)) return meant('none', 'a status that may be stored', '9110 §15.1');
  return meant(
    'none',
    'stored only where the upstream states a lifetime, or the route for this status',
    '9110 §15.1',
  );
}

function framingMeant(rule: RouteRule): Meant {
  const why = 'neither a length nor chunks: nobody can tell whether it is complete';
  return rule.unsafe.storeUnprovenLength
    ? meant('overridden', why, '9112 §8', 'unsafe.store-unproven-length')
    : meant('forbids', why, '9112 §8');
}

interface Beside {
  readonly text: string;
  readonly said: Said;
  readonly rule: RouteRule;
  readonly request: RequestHead;
}

function lifetimeStated({ said, rule }: Beside): string | undefined {
  const { directives, targeted } = responseDirectives(said.fields, rule.targetedFields);
  const stated: Directives = directives;
  if (stated.has('s-maxage')) return 's-maxage';
  if (stated.has('max-age')) return 'max-age';
  return targeted ? 'a targeted field' : undefined;
}

const FIELDS: Readonly<Record<string, (beside: Beside) => Meant>> = {
  expires(beside) {
    const { text, said, rule } = beside;
    const stated = lifetimeStated(beside);
    if (stated !== undefined) return meant('overridden', 'when it becomes stale', '9111 §5.3', stated);
    const at = parseHttpDate(text, said.at);
    const date = parseHttpDate(fieldValue(said.fields, 'date') ?? '', said.at) ?? said.at;
    if (at === undefined) return meant('forbids', 'it cannot be read as a date: it has expired', '9111 §5.3');
    return lifetimeMeant(Math.max(0, Math.floor((at - date) / 1000)), rule, '9111 §5.3');
  },
  age({ text, said, rule }) {
    if (!hasUnreadableAge({ status: said.status, fields: said.fields }))
      return meant(
        'limits',
        `it was ${formatDuration((deltaSeconds(text) ?? 0) * 1000)} old on arrival, at caches before this one`,
        '9111 §5.1',
      );
    return rule.unreadableAge === 'stale'
      ? meant('forbids', 'no number of seconds: it counts as stale', '9111 §5.1', 'unreadable-age: stale')
      : meant('none', 'no number of seconds: it is ignored', '9111 §5.1');
  },
  date: () => meant('none', 'when it was made: its age and Expires are counted from here', '9110 §6.6.1'),
  pragma: () => meant('none', 'says nothing in a response', '9111 §5.4'),
  vary({ said, rule }) {
    const vary = parseVary(said.fields);
    if (vary.kind === 'none') return meant('none', 'it names nothing', '9110 §12.5.5');
    if (vary.kind === 'star')
      return meant('forbids', 'it turned on what no other request can be known to match', '9110 §12.5.5');
    if (vary.names.length > rule.varyLimit)
      return meant(
        'forbids',
        'it names more fields than the route allows',
        '9110 §12.5.5',
        `vary.limit: ${rule.varyLimit}`,
      );
    if (vary.names.includes('cookie') && rule.cookies !== 'ignore')
      return meant(
        'forbids',
        'it turned on cookies, which the upstream is not shown',
        '9110 §12.5.5',
        `cookies: ${rule.cookies}`,
      );
    return meant('limits', `one stored response for each value of ${vary.names.join(', ')}`, '9110 §12.5.5');
  },
  etag: () => meant('allows', 'a validator: once stale, a 304 spares the transfer', '9110 §8.8.3'),
  'last-modified': ({ rule }) =>
    rule.heuristic > 0
      ? meant(
          'allows',
          `a validator; and ${Math.round(rule.heuristic * 100)} % of the time since then is its lifetime where nobody states one`,
          '9111 §4.2.2',
          'heuristic',
        )
      : meant('allows', 'a validator: once stale, a 304 spares the transfer', '9110 §8.8.2'),
  'set-cookie'({ rule }) {
    const why = 'it sets a cookie, which is meant for one user more often than not';
    if (rule.unsafe.storeWithSetCookie)
      return meant('overridden', why, '9111 §7.3', 'unsafe.store-with-set-cookie');
    return rule.unsafe.storeWithoutSetCookie
      ? meant('overridden', `${why}: the field is not kept`, '9111 §7.3', 'unsafe.store-without-set-cookie')
      : meant('forbids', why, '9111 §7.3');
  },
  'no-vary-search'({ said, rule }) {
    if (rule.noVarySearch === 'ignore')
      return meant(
        'overridden',
        'which differences of the query do not matter',
        null,
        'no-vary-search: ignore',
      );
    return parseNoVarySearch(said.fields) === undefined
      ? meant('none', 'it says nothing that can be read')
      : meant('allows', 'it answers for other queries as well');
  },
  'cache-groups': () => meant('none', 'groups that it can be purged and invalidated by', '9875 §2'),
  'access-control-allow-origin': originMeant,
  'timing-allow-origin': originMeant,
};

function originMeant({ said, rule, request }: Beside): Meant {
  const names = unsaidVary(request, { status: said.status, fields: said.fields }, rule);
  return names.includes('origin')
    ? meant('limits', 'it answers one Origin: one stored response for each, as if Vary named it')
    : meant('none', 'the same for all');
}
