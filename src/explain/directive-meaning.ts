import type { DirectiveMeaning } from '../admin/explanation-upstream.ts';
import { formatDuration } from '../config/duration.ts';
import { type Directives, deltaSeconds } from '../policy/cache-control.ts';
import { overridesNoStore } from '../policy/prohibition.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import { demandsValidation } from '../policy/stale-windows.ts';

/** What one directive means: everything but where it stands. */
export type Meant = Pick<DirectiveMeaning, 'means' | 'rfc' | 'effect' | 'by'>;

/** Where it stands. */
interface Beside {
  readonly argument: string;
  readonly all: Directives;
  readonly rule: RouteRule;
  readonly status: number;
}

type Mean = (beside: Beside) => Meant;

export const meant = (
  effect: Meant['effect'],
  means: string,
  rfc: string | null = null,
  by: string | null = null,
): Meant => ({ means, rfc: rfc === null ? null : `RFC ${rfc}`, effect, by });

const ignored = (means: string, rfc: string): Meant =>
  meant(
    'overridden',
    `${means}; the route ignores what the upstream says of freshness`,
    rfc,
    'origin: ignore',
  );

/** A lifetime as the rule leaves it. */
export function lifetimeMeant(seconds: number | undefined, rule: RouteRule, rfc: string): Meant {
  if (rule.origin === 'ignore') return ignored('a freshness lifetime', rfc);
  if (seconds === undefined) return meant('forbids', 'a lifetime that cannot be read: never fresh', rfc);
  const lifetime = seconds * 1000;
  if (lifetime === 0)
    return meant('limits', 'stale at once: of use to be validated, or in a stale window', rfc);
  if (rule.maxTtl !== undefined && lifetime > rule.maxTtl) {
    const bound = formatDuration(rule.maxTtl);
    return meant(
      'limits',
      `fresh for ${formatDuration(lifetime)}, bounded to ${bound} by the route`,
      rfc,
      `max-ttl: ${bound}`,
    );
  }
  return meant('allows', `fresh for ${formatDuration(lifetime)} after it was made`, rfc);
}

function window(
  name: 'stale-while-revalidate' | 'stale-if-error',
  rfc: string,
  own: (rule: RouteRule) => number | undefined,
): Mean {
  return ({ argument, all, rule }) => {
    const seconds = deltaSeconds(argument);
    const what =
      name === 'stale-if-error' ? 'when the upstream fails' : 'while it is renewed in the background';
    if (demandsValidation(all))
      return meant('overridden', `may be served stale ${what}; forbidden beside it`, rfc, 'must-revalidate');
    if (rule.origin === 'ignore') return ignored(`may be served stale ${what}`, rfc);
    const ruled = own(rule);
    if (ruled !== undefined)
      return meant(
        'overridden',
        `may be served stale ${what}; the route says for how long`,
        rfc,
        `${name}: ${formatDuration(ruled)}`,
      );
    if (seconds === undefined) return meant('none', 'a window that cannot be read: none', rfc);
    return meant(
      'allows',
      `may be served stale ${what}, for ${formatDuration(seconds * 1000)} past its lifetime`,
      rfc,
    );
  };
}

const byUnsafe = (name: string, isOn: boolean, forbids: string, rfc: string): Meant =>
  isOn
    ? meant('overridden', `${forbids}; stored all the same`, rfc, `unsafe.${name}`)
    : meant('forbids', forbids, rfc);

const mustRevalidate: Mean = () =>
  meant(
    'limits',
    'once stale it is never served without asking the upstream, whatever windows say',
    '9111 §5.2.2.2',
  );

/** Every directive that a response may have (RFC 9111 §5.2.2, RFC 5861, RFC 8246). */
const MEANINGS: Readonly<Record<string, Mean>> = {
  'max-age': ({ argument, all, rule }) =>
    all.has('s-maxage')
      ? meant('overridden', 'a freshness lifetime; shared caches go by s-maxage', '9111 §5.2.2.1', 's-maxage')
      : lifetimeMeant(deltaSeconds(argument), rule, '9111 §5.2.2.1'),
  's-maxage': ({ argument, rule }) => {
    const meaning = lifetimeMeant(deltaSeconds(argument), rule, '9111 §5.2.2.10');
    if (meaning.effect === 'overridden') return meaning;
    return {
      ...meaning,
      means: `${meaning.means}; in shared caches, which may not serve it stale unless a window beside it says so`,
    };
  },
  'no-store': ({ all, rule, status }) =>
    overridesNoStore(all, status)
      ? meant(
          'overridden',
          'not to be stored by caches that do not know must-understand',
          '9111 §5.2.2.3',
          'must-understand',
        )
      : byUnsafe('store-no-store', rule.unsafe.storeNoStore, 'not to be stored', '9111 §5.2.2.5'),
  private: ({ argument, rule }) =>
    byUnsafe(
      'store-private',
      rule.unsafe.storePrivate,
      argument === ''
        ? 'meant for one user: not to be stored by a shared cache'
        : `the fields ${argument} are meant for one user; all of the response counts as such here`,
      '9111 §5.2.2.7',
    ),
  'no-cache': ({ argument, rule }) => {
    if (argument !== '')
      return meant('limits', `the fields ${argument} are not kept; the rest is`, '9111 §5.2.2.4');
    if (rule.origin === 'ignore') return ignored('the upstream is to be asked at each use', '9111 §5.2.2.4');
    return meant(
      'limits',
      'stored, but the upstream is asked at each use whether it is still good',
      '9111 §5.2.2.4',
    );
  },
  public: ({ argument }) =>
    argument === ''
      ? meant('allows', 'anybody may be served it, even where its request was authorised', '9111 §5.2.2.9')
      : meant('none', 'written with an argument it permits nothing', '9111 §5.2.2.9'),
  'must-revalidate': mustRevalidate,
  'proxy-revalidate': (beside) => ({ ...mustRevalidate(beside), rfc: 'RFC 9111 §5.2.2.8' }),
  'must-understand': () =>
    meant('limits', 'to be stored only by caches that know what its status asks of them', '9111 §5.2.2.3'),
  'no-transform': () =>
    meant('limits', 'its body is not to be changed: no content coding is made of it', '9111 §5.2.2.6'),
  immutable: ({ rule }) =>
    rule.origin === 'ignore'
      ? ignored('it does not change while it is fresh', '8246 §2')
      : meant(
          'allows',
          'it does not change while it is fresh: a reload is answered with what is stored',
          '8246 §2',
        ),
  'stale-while-revalidate': window('stale-while-revalidate', '5861 §3', (rule) => rule.staleWhileRevalidate),
  'stale-if-error': window('stale-if-error', '5861 §4', (rule) => rule.staleIfError),
};

/** What a directive means to a shared cache under a rule. */
export function directiveMeant(name: string, beside: Beside): Meant {
  const mean = Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : undefined;
  return (
    mean?.(beside) ??
    meant('none', 'not a directive of a response that caches know: it is ignored', '9111 §5.2.3')
  );
}
