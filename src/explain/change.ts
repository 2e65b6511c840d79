import type { Advice } from '../admin/explanation.ts';
import { formatDuration } from '../config/duration.ts';
import type { Detail } from '../policy/cache-status.ts';
import type { FieldLines } from '../policy/fields.ts';
import type { RequestHead } from '../policy/request.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import { type Setting, type SettingPlace, settingPath, snippetOf } from './snippet.ts';

/** What stands in the way of a request, or of what the upstream answered it. */
export interface InTheWay {
  readonly request: RequestHead;
  /** undefined: no route matches. */
  readonly place: SettingPlace | undefined;
  readonly detail: Detail | undefined;
  readonly subject: string | undefined;
  /** Of the upstream's last answer. */
  readonly status: number | undefined;
  readonly fields: FieldLines;
}

export type Placed = InTheWay & { readonly place: SettingPlace; readonly rule: RouteRule };

export const EVERYBODY = 'If its answer does depend on it, clients get what was meant for others.';

interface Reasons {
  readonly what: string;
  readonly why: string;
  readonly warning?: string;
  /** What has to stand beside it. */
  readonly also?: readonly Setting[];
}

export function change(
  { place }: Placed,
  name: string,
  value: unknown,
  { what, why, warning, also = [] }: Reasons,
): Advice {
  const setting: Setting = { name, value };
  const snippet = snippetOf(place, [setting, ...also]);
  return {
    at: 'configuration',
    path: settingPath(place, setting),
    what,
    why,
    snippet,
    warning: warning ?? null,
  };
}

export function elsewhere(at: 'upstream' | 'client', what: string, why: string): Advice {
  return { at, path: null, what, why, snippet: null, warning: null };
}

export function unsafe(way: Placed, name: string, why: string): Advice {
  return change(way, `unsafe.${name}`, true, {
    what: `Store it all the same, by a switch that is meant to stand out (SECURITY.md).`,
    why,
    warning: 'One user may get what was meant for another: only where it is the same for all, for certain.',
  });
}

export function byOrigin(way: Placed, why: string): Advice {
  return change(way, 'origin', 'ignore', {
    what: "Let the route's own lifetimes count, and not the upstream's (with a `ttl`).",
    why,
    also: [{ name: 'ttl', value: formatDuration(way.rule.ttl ?? 60_000) }],
    warning:
      'The upstream says this for a reason: `private`, `no-store` and Set-Cookie stay obeyed, its lifetimes do not.',
  });
}

export const hearNoClient = (way: Placed): Advice[] => [
  change(way, 'request-cache-control', 'ignore', {
    what: "Do not hear clients' Cache-Control.",
    why: 'Any client can have the upstream asked by it.',
  }),
];

export type AdviceTable = Partial<Readonly<Record<Detail, (way: Placed) => Advice[]>>>;
