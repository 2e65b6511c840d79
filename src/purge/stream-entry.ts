import type { Purge, Selector } from './selector.ts';

/** One entry of the log: the purges of one append, or a genesis or fence, which have none. */
export interface StreamEntry {
  readonly id: string;
  /** Unique to the append: tells a writer its own entries, and an entry from another under its id. */
  readonly token: string;
  readonly purges: readonly Purge[];
  /** Whatever is stored as of a position before this entry counts as purged. */
  readonly fence: boolean;
}

const VERSION = '1';
const EVERYTHING: Purge = { selector: { kind: 'all' }, soft: false };

/** Field-value pairs of a stream entry, for XADD. */
export function encodeEntry(token: string, purges: readonly Purge[]): string[] {
  return ['v', VERSION, 'from', token, 'purges', JSON.stringify(purges.map(toWire))];
}

/** The same of a fence. */
export function encodeFence(token: string): string[] {
  return [...encodeEntry(token, []), 'fence', '1'];
}

/**
 * An entry as XRANGE returns it. One that cannot be understood (a later version, a foreign hand) may
 * have purged anything, so it counts as a purge of everything. Never throws.
 */
export function decodeEntry(id: string, pairs: readonly string[]): StreamEntry {
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < pairs.length; i += 2) fields.set(pairs[i] as string, pairs[i + 1] as string);
  const token = fields.get('from') ?? '';
  const purges = fields.get('v') === VERSION ? decodePurges(fields.get('purges')) : undefined;
  return { id, token, purges: purges ?? [EVERYTHING], fence: fields.has('fence') };
}

/** `{"tag":"products"}`, `{"all":true,"soft":true}`: short, and readable in redis-cli. */
function toWire({ selector, soft }: Purge): Record<string, string | true> {
  return { [selector.kind]: nameOf(selector), ...(soft ? { soft: true as const } : {}) };
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

function decodePurges(json: string | undefined): Purge[] | undefined {
  let wire: unknown;
  try {
    wire = JSON.parse(json ?? '');
  } catch {
    return undefined;
  }
  if (!Array.isArray(wire)) return undefined;
  const purges: Purge[] = [];
  for (const item of wire) {
    const selector = typeof item === 'object' && item !== null ? fromWire(item) : undefined;
    if (selector === undefined) return undefined;
    purges.push({ selector, soft: 'soft' in item && item.soft === true });
  }
  return purges;
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
