import type { Detail, ForwardReason } from '../policy/cache-status.ts';

/** The request as it is understood, or why it is refused. */
export interface RequestView {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Host and port in lower case: part of the key. */
  readonly authority: string;
  /** Normalised: what is matched is what is keyed is what is sent. */
  readonly path: string;
  /** Without `?`, values that suggest a secret redacted. */
  readonly query: string;
  /** What becomes of each field on its way to the upstream, should it be asked. */
  readonly fields: readonly FieldView[];
  /** Path and query as the upstream would be asked for; null where the request is refused. */
  readonly upstreamTarget: string | null;
  /** Set where the door refuses it: what it would be answered. */
  readonly refused: { readonly status: number; readonly why: string } | null;
}

/** One request field. */
export interface FieldView {
  /** In lower case. */
  readonly name: string;
  /** `[redacted]` where it may be a secret. */
  readonly value: string;
  readonly fate: /** Part of the cache key, and sent. */
    | 'keyed'
    /** Sent, and no part of the key. */
    | 'forwarded'
    /** Not sent. */
    | 'removed'
    /** Sent with another value. */
    | 'changed'
    /** Not the client's: Cacheside adds it. */
    | 'added'
    /** Nobody vouched for it: for its sake the request goes past the cache. */
    | 'bypasses';
  readonly why: string;
  /** As it is sent; null where it is not, or as it came. */
  readonly sent: string | null;
}

/** A route that was tried. */
export interface RouteTrial {
  /** From 0, as in `routes[0]`. */
  readonly index: number;
  readonly name: string;
  /** As it stands in the file: `GET|HEAD /products/:id`. */
  readonly match: string;
  /** In the configuration file, from 1; null where it is in none. */
  readonly line: number | null;
  readonly matched: boolean;
  /** What its pattern captured; null where it does not match. */
  readonly params: Readonly<Record<string, string>> | null;
  /** Why it does not match; null where it does. */
  readonly mismatch: Mismatch | null;
}

/** What of a route the request does not meet: the first that was found. */
export interface Mismatch {
  readonly part: 'path' | 'method' | 'host' | 'query' | 'header';
  /** The parameter or field; null of the others. */
  readonly name: string | null;
  /** As in the file. */
  readonly expected: string;
  /** What the request has; null: nothing. `[redacted]` where it may be a secret. */
  readonly actual: string | null;
}

/** Whether the cache is asked at all. */
export interface LookupView {
  readonly kind: 'lookup' | 'pass';
  /** Of a pass. */
  readonly reason: ForwardReason | null;
  readonly detail: Detail | null;
  /** The field that `unkeyed-field` speaks of. */
  readonly subject: string | null;
}

/** What tells stored responses apart, part by part. */
export interface KeyView {
  /** Secrets digested, and values of the query that suggest one redacted. */
  readonly key: string;
  /** The effective URL: what a purge by URL names. */
  readonly url: string;
  readonly parts: readonly KeyPart[];
  /** What selects among the variants, by the `Vary` that is known; null where none is. */
  readonly variant: VariantView | null;
  /** Which queries count as equal, by the upstream's `No-Vary-Search`; null where none is known or respected. */
  readonly noVarySearch: string | null;
}

export interface KeyPart {
  readonly part: 'scheme' | 'host' | 'path' | 'query' | 'header' | 'cookie' | 'forwarded';
  /** Of a parameter, field or cookie. */
  readonly name: string | null;
  /** Digested where it may be a secret; null: the request has none, which counts as well. */
  readonly value: string | null;
  /** false: it does not count. */
  readonly counts: boolean;
  /** The setting by which it does, or does not, such as `key.query.exclude: utm_*`; or what is always so. */
  readonly by: string;
}

export interface VariantView {
  /** Lower-case names, sorted. */
  readonly vary: readonly string[];
  /** What the request says in them, normalised, secrets digested; null: it has no such field. */
  readonly values: Readonly<Record<string, string | null>>;
}
