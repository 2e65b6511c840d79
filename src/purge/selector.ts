/** What a purge names. `url` takes every variant of one URL; `glob` is anchored at both ends. */
export type Selector =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'route'; readonly route: string }
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'glob'; readonly glob: string }
  | { readonly kind: 'all' };

/** One purge: what it names, and whether stale copies may still be served under revalidation. */
export interface Purge {
  readonly selector: Selector;
  /** Soft: stale from now on, must be revalidated, may serve meanwhile and on error. */
  readonly soft: boolean;
}

/** What the purge index says of a stored response. */
export type PurgeVerdict = 'valid' | 'soft' | 'hard';

/** One string per selector: equal selectors have equal names. */
export function selectorName(selector: Selector): string {
  switch (selector.kind) {
    case 'url':
      return `url:${selector.url}`;
    case 'tag':
      return `tag:${selector.tag}`;
    case 'route':
      return `route:${selector.route}`;
    case 'prefix':
      return `prefix:${selector.prefix}`;
    case 'glob':
      return `glob:${selector.glob}`;
    case 'all':
      return 'all';
    default:
      return selector satisfies never;
  }
}
