import type { Clock } from '../clock.ts';
import { ownText } from '../own-text.ts';
import type { Detail, ForwardReason } from '../policy/cache-status.ts';
import { createTwoSpans } from '../two-spans.ts';
import { createDoorkeeper } from './doorkeeper.ts';
import type { Observer, Outcome } from './outcome.ts';
import { outcomeWord } from './outcome-word.ts';
import { redactTarget } from './redact.ts';

/** A URL for which the upstream was asked, and what for. */
export interface MissedUrl {
  /** `scheme://authority/path?query`, with the query that counts where it was looked up; redacted as in the log, and cut at 1 KiB. */
  readonly url: string;
  /** Name of the route; null: none matched. */
  readonly route: string | null;
  /** Requests that the upstream answered, or should have: at least so many. */
  readonly misses: number;
  /** How many of them why: the `detail` of Cache-Status where there is one, else its forward reason. */
  readonly why: MissReasons;
  /** The latest; ms since the epoch. */
  readonly at: number;
}

export type MissReasons = Readonly<Partial<Record<Detail | ForwardReason, number>>>;

/** Which URLs cost the upstream most requests, lately. */
export interface MissedUrls {
  /** To be told of what was no hit. */
  readonly observe: Observer;
  /** ms since the epoch: misses before are forgotten. */
  readonly since: number;
  /** The most missed ones, most missed first. */
  list(most: number): MissedUrl[];
}

/** URLs told apart in each of two spans, and the longest one in characters: 3 MiB at most, what is counted with them included. */
const MAX_URLS = 1_000;
const MAX_LENGTH = 1_024;

/** ms. */
export const SPAN = 10 * 60_000;

interface Missed {
  route: string | null;
  misses: number;
  /** `misses` less what others have taken off it. */
  weight: number;
  readonly why: Map<Detail | ForwardReason, number>;
  at: number;
}

interface Table {
  readonly urls: Map<string, Missed>;
  isGuarded: boolean;
}

/**
 * Misra and Gries's frequent items over what is seen for the second time: once there are many, a URL has to come twice to
 * be told apart, so that a crawl, which comes for each one once, pushes out nothing that is missed again and again.
 */
export function createMissedUrls(clock: Clock): MissedUrls {
  const spans = createTwoSpans<Table>(() => ({ urls: new Map(), isGuarded: false }), clock, SPAN);
  const isKnown = createDoorkeeper();

  const makeRoom = ({ urls }: Table): void => {
    for (const [url, missed] of urls) if (--missed.weight <= 0) urls.delete(url);
  };

  const begin = (table: Table, url: string): Missed | undefined => {
    const { urls } = table;
    if (urls.size >= MAX_URLS / 2) table.isGuarded = true;
    if (table.isGuarded && !isKnown(url)) return undefined;
    if (urls.size >= MAX_URLS) {
      makeRoom(table);
      return undefined;
    }
    const missed: Missed = { route: null, misses: 0, weight: 0, why: new Map(), at: 0 };
    urls.set(ownText(url), missed);
    return missed;
  };

  return {
    observe(outcome) {
      const { fwd, detail } = outcome.cache;
      if (fwd === undefined || !isMissed(outcome)) return;
      const table = spans().current;
      const url = urlOf(outcome);
      const missed = table.urls.get(url) ?? begin(table, url);
      if (missed === undefined) return;
      const why = detail ?? fwd;
      missed.route = outcome.route ?? null;
      missed.misses++;
      missed.weight++;
      missed.why.set(why, (missed.why.get(why) ?? 0) + 1);
      missed.at = clock.now();
    },
    get since() {
      return spans().since;
    },
    list(most) {
      const { current, before } = spans();
      return mergeMissed([shown(before), shown(current)], most);
    },
  };
}

/** Several lists as one. */
export function mergeMissed(lists: readonly (readonly MissedUrl[])[], most: number): MissedUrl[] {
  const merged = new Map<string, MissedUrl>();
  for (const missed of lists.flat()) {
    const other = merged.get(missed.url);
    merged.set(missed.url, other === undefined ? missed : sum(other, missed));
  }
  return [...merged.values()].sort((a, b) => b.misses - a.misses || b.at - a.at).slice(0, most);
}

function sum(a: MissedUrl, b: MissedUrl): MissedUrl {
  const why: Record<string, number> = { ...a.why };
  for (const [reason, count] of Object.entries(b.why)) why[reason] = (why[reason] ?? 0) + count;
  const { route, at } = a.at > b.at ? a : b;
  return { url: a.url, route, misses: a.misses + b.misses, why, at };
}

function shown({ urls }: Table): MissedUrl[] {
  return [...urls].map(([url, { route, misses, why, at }]) => {
    const byCount = [...why].sort(([, a], [, b]) => b - a);
    return { url, route, misses, why: Object.fromEntries(byCount) as MissReasons, at };
  });
}

/** Nothing stored answered it. */
function isMissed(outcome: Outcome): boolean {
  const word = outcomeWord(outcome);
  return word === 'miss' || word === 'expired' || word === 'pass' || word === 'error';
}

function urlOf({ url, scheme, authority, target }: Outcome): string {
  const whole = redactTarget(url === '' ? `${scheme}://${authority}${target}` : url);
  return whole.length > MAX_LENGTH ? `${whole.slice(0, MAX_LENGTH)}…` : whole;
}
