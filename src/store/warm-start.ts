import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import {
  isResponse,
  isSearchRecord,
  isVaryRecord,
  type Purgeable,
  resourceKey,
  type Stored,
  type StoredResponse,
  searchRecordKey,
} from '../policy/stored-response.ts';
import type { MostUsed } from './most-used.ts';
import { ownMemory } from './own-memory.ts';
import type { MemoryTier, RemoteTier } from './ports.ts';
import { keepUntil } from './retention.ts';
import { sizeOf } from './stored-size.ts';

/** Why fetching ended: nothing more is remembered, enough was fetched, memory is as full as it should be, … */
export type WarmEnd = 'all' | 'keys' | 'memory' | 'redis' | 'stopped';

/** How far it is; counts stored responses and records, but for `fetched` and `of`, which are responses alone. */
export interface WarmProgress {
  fetched: number;
  /** The most that `fetched` can become; an estimate, since records are remembered among the responses. */
  of: number;
  /** Not in Redis any more, or no way leads there. */
  absent: number;
  purged: number;
  /** Past any use, or of a rule that has changed. */
  useless: number;
  /** Redis did not answer. */
  failed: number;
  /** As memory counts them. */
  bytes: number;
}

export interface WarmMemoryOptions {
  readonly memory: MemoryTier;
  readonly remote: RemoteTier;
  readonly mostUsed: MostUsed;
  /** Most stored responses fetched. */
  readonly keys: number;
  /** Keys asked for at once, at most. */
  readonly batch: number;
  /** False while purges may have been missed: then nothing is read. */
  readonly remoteTrusted: () => boolean;
  /** Also remembers that it was found valid, as a hit in Redis does. */
  readonly isPurged: (stored: Purgeable) => boolean;
  /** Whether a rule with this fingerprint is there. */
  readonly isOfRule: (fingerprint: string) => boolean;
  readonly clock: Clock;
  /** Nothing is put into memory once it is aborted. */
  readonly signal: AbortSignal;
  /** Kept up to date, but for `of`. */
  readonly progress: WarmProgress;
}

/** Share of the memory limit to fill: what came first is not to be evicted by what comes last. */
const FULL = 0.9;
/** Bytes of bodies to have under way, of as many as the average says. */
const BYTES_UNDER_WAY = 2 * 1024 * 1024;
const FIRST_BATCH = 10;
/** ms before Redis is asked again for what it did not answer. */
const PAUSE = 50;

export function noProgress(): WarmProgress {
  return { fetched: 0, of: 0, absent: 0, purged: 0, useless: 0, failed: 0, bytes: 0 };
}

/**
 * Fetches what is used most into memory, most used first, as a hit in Redis would promote it: what memory
 * has by then stays, times are absolute, and what was purged is not taken. Never rejects.
 */
export async function warmMemory(options: WarmMemoryOptions): Promise<WarmEnd> {
  const { memory, remote, mostUsed, keys, batch, remoteTrusted, clock, signal, progress } = options;
  const { isPurged, isOfRule } = options;
  const asked = new Set<string>();
  let end: WarmEnd | undefined;

  const mayAsk = (): boolean => {
    if (signal.aborted) end = 'stopped';
    else if (remote.state !== 'ready' || !remoteTrusted()) end ??= 'redis';
    return end === undefined;
  };

  /** What Redis has of these; memory's own and what was asked for before is left out. */
  const fetch = async (places: Iterable<string>): Promise<Map<string, Stored>> => {
    const found = new Map<string, Stored>();
    let open = [...places].filter((place) => !asked.has(place) && memory.glance(place) === undefined);
    for (const place of open) asked.add(place);
    for (let attempt = 0; attempt < 2 && open.length > 0 && mayAsk(); attempt++) {
      if (attempt > 0) await delay(PAUSE, undefined, { signal }).catch(() => {});
      if (!mayAsk()) break;
      const answers = await remote.findMany(open);
      const unanswered: string[] = [];
      for (const [i, place] of open.entries()) {
        const answer = answers[i];
        if (answer?.kind === 'found') found.set(place, answer.stored);
        else if (answer?.kind === 'absent') progress.absent++;
        else unanswered.push(place);
      }
      open = unanswered;
    }
    progress.failed += open.length;
    return found;
  };

  const isUsable = (stored: Stored): boolean => {
    const isLate = keepUntil(stored) <= clock.now();
    if (isLate || (isResponse(stored) && !isOfRule(stored.rule))) progress.useless++;
    else if (!isSearchRecord(stored) && isPurged(stored)) progress.purged++;
    else return true;
    return false;
  };

  const keep = (place: string, found: Stored): void => {
    if (end !== undefined || memory.glance(place) !== undefined || !isUsable(found)) return;
    // As memory will have it, and only then of a size that counts.
    const stored = isResponse(found) ? { ...found, body: ownMemory(found.body) } : found;
    const size = sizeOf(place, stored);
    if (memory.stats().bytes + size > memory.limit * FULL) end = 'memory';
    else if (memory.put(place, stored, keepUntil(stored))) {
      progress.bytes += size;
      if (!isResponse(stored)) return;
      progress.fetched++;
      if (progress.fetched >= keys) end = 'keys';
    }
  };

  const take = async (places: readonly string[]): Promise<void> => {
    const found = await fetch(places);
    const records = await fetch(recordsOf(found));
    if (!mayAsk()) return;
    for (const [place, stored] of records) keep(place, stored);
    for (const [place, stored] of found) if (!isResponse(stored)) keep(place, stored);
    for (const [place, stored] of found) {
      if (!isResponse(stored)) continue;
      if (leadsTo(memory, place, stored)) keep(place, stored);
      else progress.absent++;
    }
  };

  /** As many as the average size so far makes a small load of. */
  const batchSize = (): number => {
    if (progress.fetched === 0) return Math.min(batch, FIRST_BATCH);
    const average = progress.bytes / progress.fetched;
    return Math.max(1, Math.min(batch, Math.floor(BYTES_UNDER_WAY / average)));
  };

  try {
    if (mayAsk()) {
      for await (const names of mostUsed.pages()) {
        for (let i = 0; i < names.length && mayAsk(); ) {
          const size = batchSize();
          await take(names.slice(i, i + size));
          i += size;
        }
        if (!mayAsk()) break;
      }
    }
  } catch {
    end ??= signal.aborted ? 'stopped' : 'redis';
  }
  return end ?? 'all';
}

/** The records by way of which requests find these responses. */
function recordsOf(found: ReadonlyMap<string, Stored>): Set<string> {
  const records = new Set<string>();
  for (const [place, stored] of found) {
    if (!isResponse(stored)) continue;
    const resource = resourceKey(stored);
    for (const record of [resource, searchRecordKey(stored.key)]) {
      const isNeeded = record === resource ? place !== resource : stored.search !== '';
      if (isNeeded && !found.has(record)) records.add(record);
    }
  }
  return records;
}

/** Whether memory has the records that a request needs to find this response. */
function leadsTo(memory: MemoryTier, place: string, stored: StoredResponse): boolean {
  const resource = resourceKey(stored);
  const record = place === resource ? undefined : memory.glance(resource);
  if (place !== resource && (record === undefined || !isVaryRecord(record))) return false;
  const search = stored.search === '' ? undefined : memory.glance(searchRecordKey(stored.key));
  return stored.search === '' || (search !== undefined && isSearchRecord(search));
}
