import type { Order, Purge, Selector } from './selector.ts';

/**
 * `[{"tag":"products"},{"all":true,"soft":true}]`: short, and readable in redis-cli. Orders stand once
 * where all the purges carry out the same ones, else with each purge. A reader passes over members that
 * it does not know.
 */
export function encodePurges(purges: readonly Purge[]): { json: string; orders: string | undefined } {
  const shared = purges[0]?.orders;
  const isShared = shared !== undefined && purges.every(({ orders }) => orders === shared);
  return {
    json: JSON.stringify(purges.map((purge) => toWire(purge, isShared ? undefined : purge.orders))),
    orders: isShared ? JSON.stringify(shared) : undefined,
  };
}

/** undefined where one of them cannot be understood. Orders that cannot are left out. */
export function decodePurges(json: string | undefined, orders: string | undefined): Purge[] | undefined {
  const wire = parse(json);
  if (!Array.isArray(wire)) return undefined;
  const shared = decodeOrders(parse(orders));
  const purges: Purge[] = [];
  for (const item of wire) {
    const selector = typeof item === 'object' && item !== null ? fromWire(item) : undefined;
    if (selector === undefined) return undefined;
    const own = 'orders' in item ? decodeOrders(item.orders) : shared;
    const soft = 'soft' in item && item.soft === true;
    purges.push(own === undefined ? { selector, soft } : { selector, soft, orders: own });
  }
  return purges;
}

function parse(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '');
  } catch {
    return undefined;
  }
}

function toWire({ selector, soft }: Purge, orders: readonly Order[] | undefined): Record<string, unknown> {
  return {
    [selector.kind]: nameOf(selector),
    ...(soft ? { soft: true } : {}),
    ...(orders === undefined ? {} : { orders }),
  };
}

function nameOf(selector: Selector): string | true {
  switch (selector.kind) {
    case 'url':
      return selector.url;
    case 'tag':
      return selector.tag;
    case 'route':
      return selector.route;
    case 'prefix':
      return selector.prefix;
    case 'glob':
      return selector.glob;
    case 'all':
      return true;
    default:
      return selector satisfies never;
  }
}

function fromWire(item: object): Selector | undefined {
  if ('url' in item && typeof item.url === 'string') return { kind: 'url', url: item.url };
  if ('tag' in item && typeof item.tag === 'string') return { kind: 'tag', tag: item.tag };
  if ('route' in item && typeof item.route === 'string') return { kind: 'route', route: item.route };
  if ('prefix' in item && typeof item.prefix === 'string') return { kind: 'prefix', prefix: item.prefix };
  if ('glob' in item && typeof item.glob === 'string') return { kind: 'glob', glob: item.glob };
  if ('all' in item && item.all === true) return { kind: 'all' };
  return undefined;
}

function decodeOrders(wire: unknown): Order[] | undefined {
  if (!Array.isArray(wire)) return undefined;
  const orders = wire.map(decodeOrder).filter((order) => order !== undefined);
  return orders.length === 0 ? undefined : orders;
}

function decodeOrder(wire: unknown): Order | undefined {
  if (typeof wire !== 'object' || wire === null || !('id' in wire && 'by' in wire && 'at' in wire)) return;
  const { id, by, at } = wire;
  if (typeof id !== 'string' || typeof by !== 'string' || typeof at !== 'number') return;
  const isWithBody = 'body' in wire && typeof wire.body === 'string';
  return { id, by, at, ...(isWithBody ? { body: wire.body as string } : {}) };
}
