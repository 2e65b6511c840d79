/** What a purge names. `url` takes every variant of one URL; `glob` is anchored at both ends. */
export type Selector =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'route'; readonly route: string }
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'glob'; readonly glob: string }
  | { readonly kind: 'all' };

/** Somebody's word that something be purged; an invalidation has none. */
export interface Order {
  readonly id: string;
  /** Who asked for it, such as the name of a token. */
  readonly by: string;
  /** When it was taken, by the clock of the sidecar that took it; ms since the epoch. */
  readonly at: number;
  /** Digest of all that it purges, where it has an idempotency key. */
  readonly body?: string;
}

/** One purge: what it names, and whether stale copies may still be served under revalidation. */
export interface Purge {
  readonly selector: Selector;
  /** Soft: stale from now on, must be revalidated, may serve meanwhile and on error. */
  readonly soft: boolean;
  /** Whose orders it carries out: several where what was kept during an outage became one. */
  readonly orders?: readonly Order[];
}

/** How many orders one purge tells of. */
const MAX_ORDERS = 100;

/** The same purge, telling of these orders as well; where they are too many, of the newest. */
export function withOrders(purge: Purge, more: readonly Order[]): Purge {
  if (more.length === 0) return purge;
  const byId = new Map([...(purge.orders ?? []), ...more].map((order) => [order.id, order]));
  const orders = [...byId.values()].sort((a, b) => b.at - a.at).slice(0, MAX_ORDERS);
  return { ...purge, orders };
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

/** One string per selector and softness. */
export function purgeName({ selector, soft }: Purge): string {
  return `${soft ? 'soft' : 'hard'} ${selectorName(selector)}`;
}
