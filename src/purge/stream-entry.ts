import { decodePurges, encodePurges } from './purge-wire.ts';
import type { Purge } from './selector.ts';

/** One entry of the log: the purges of one append, or a genesis, fence or message, which have none. */
export interface StreamEntry {
  readonly id: string;
  /** Unique to the append: tells a writer its own entries, and an entry from another under its id. */
  readonly token: string;
  readonly purges: readonly Purge[];
  /** Whatever is stored as of a position before this entry counts as purged. */
  readonly fence: boolean;
  /** Somebody waits for every replica to say that it has applied this. */
  readonly ack?: boolean;
  /** A replica says that from now on it trusts what it stored, or that it has stopped. */
  readonly member?: Member;
}

export interface Member {
  readonly kind: 'joined' | 'left';
  /** Of this process, never of another one. */
  readonly replica: string;
  readonly name: string;
}

const VERSION = '1';
const EVERYTHING: Purge = { selector: { kind: 'all' }, soft: false };

/** Field-value pairs of a stream entry, for XADD. */
export function encodeEntry(token: string, purges: readonly Purge[], ack = false): string[] {
  const { json, orders } = encodePurges(purges);
  const fields = ['v', VERSION, 'from', token, 'purges', json];
  if (orders !== undefined) fields.push('orders', orders);
  if (ack) fields.push('ack', '1');
  return fields;
}

/** The same of a fence. */
export function encodeFence(token: string): string[] {
  return [...encodeEntry(token, []), 'fence', '1'];
}

/** The same of a replica that comes or goes. */
export function encodeMember(token: string, { kind, replica, name }: Member): string[] {
  return [...encodeEntry(token, []), kind, replica, 'name', name];
}

/**
 * An entry as XRANGE returns it. One that cannot be understood (a later version, a foreign hand) may
 * have purged anything, so it counts as a purge of everything. Never throws.
 */
export function decodeEntry(id: string, pairs: readonly string[]): StreamEntry {
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < pairs.length; i += 2) fields.set(pairs[i] as string, pairs[i + 1] as string);
  const token = fields.get('from') ?? '';
  const isKnown = fields.get('v') === VERSION;
  const purges = isKnown ? decodePurges(fields.get('purges'), fields.get('orders')) : undefined;
  const member = memberOf(fields);
  return {
    id,
    token,
    purges: purges ?? [EVERYTHING],
    fence: fields.has('fence'),
    ...(fields.has('ack') ? { ack: true } : {}),
    ...(member === undefined ? {} : { member }),
  };
}

function memberOf(fields: ReadonlyMap<string, string>): Member | undefined {
  for (const kind of ['joined', 'left'] as const) {
    const replica = fields.get(kind);
    if (replica !== undefined) return { kind, replica, name: fields.get('name') ?? replica };
  }
  return undefined;
}
