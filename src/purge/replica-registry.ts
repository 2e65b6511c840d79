import type { Clock } from '../clock.ts';
import type { RedisClock } from './redis-clock.ts';
import { type Cursor, decodeReport, encodeReport, type ReplicaHash } from './replica-reports.ts';
import { FORGET, type KnownReplica, type ReplicaRoster } from './replica-roster.ts';
import type { Member, StreamEntry } from './stream-entry.ts';
import { msOf } from './stream-id.ts';
import { within } from './within.ts';

/** Makes this replica known to the others, and the others to it. */
export interface ReplicaRegistry {
  /** An entry of the log was applied. */
  heard(entry: StreamEntry): void;
  /**
   * Everything up to this entry is applied here, and behind us once `done` resolves: only then does anybody
   * hear of it. Where it rejects, nobody does.
   */
  advance(cursor: Cursor, done: void | Promise<void>): void;
  /** The log is another one: what was said about it is no longer true, and others may not know of us. */
  rejoin(isLost: boolean): void;
  /**
   * To be called at the end of the log, before it counts as seen: whoever trusts what it has stored must be
   * known, by an entry that it has itself read. True: it was appended just now. Rejects as the commands do.
   */
  join(hash: ReplicaHash, tell: (member: Member) => Promise<string>): Promise<boolean>;
  /**
   * To be called at the end of the log once joined, by the connection that has read it: says how far this replica
   * is, where that is due. True: the server took it, so that it was the master when it was read. A replica of another
   * one (READONLY), or a master that has lost all of its replicas (NOREPLICAS), may not know the newest of the log.
   * Rejects as the command does.
   */
  prove(hash: ReplicaHash): Promise<boolean>;
  /** Begins to ask regularly what the others say. */
  start(): void;
  /** Redis can be told again how far this replica is. */
  back(): void;
  /** Asks what the others say; false: cannot be asked now. */
  look(): Promise<boolean>;
  all(): KnownReplica[];
  isSilent(replica: KnownReplica): boolean;
  /** As of the last look. */
  readonly levels: { readonly known: number; readonly silent: number };
  /** Says goodbye, as far as that takes no time. */
  leave(tell: (member: Member) => Promise<string>): Promise<void>;
}

export interface ReplicaRegistryParts {
  /** Of this process, never of another one. */
  readonly own: string;
  readonly name: () => string;
  readonly roster: ReplicaRoster;
  /** undefined while it cannot be commanded. */
  readonly hash: () => ReplicaHash | undefined;
  readonly clock: Clock;
  readonly redisClock: RedisClock;
  /** ms */
  readonly lease: number;
  /** How long who was away may take to come back before it can be forgotten; ms. */
  readonly patience: number;
  /** Whether the log was followed without interruption for so long. */
  readonly isSteady: () => boolean;
}

/** How often all are asked, at least: this, or 100 ms for each of them; ms. */
const LOOK = 10_000;
/** At most between two times that it is seen to whether that is due; ms. */
const PACE = 1_000;
const GOODBYE = 250;
/** Refusals by a server that may not have the newest of the log. Others, such as OOM, are a master's. */
const UNPROVEN = /^(?:READONLY|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|MOVED)/;

export function createReplicaRegistry(parts: ReplicaRegistryParts): ReplicaRegistry {
  const { own, name, roster, hash, clock, redisClock, lease, patience, isSteady } = parts;
  const interval = Math.min(10_000, lease / 3);
  let isJoined = false;
  /** Monotonic ms at which the server that is read last proved to be the master. */
  let proved = Number.NEGATIVE_INFINITY;
  /** Monotonic ms at which Redis last took what we say. */
  let told = Number.NEGATIVE_INFINITY;
  let looked = Number.NEGATIVE_INFINITY;
  let cursor: Cursor | undefined;
  let steps = 0;
  let settledStep = 0;
  let isAckWanted = false;
  let isTelling = false;
  let isStale = false;
  let timer: NodeJS.Timeout | undefined;
  let levels = { known: 1, silent: 0 };

  const report = () => encodeReport({ name: name(), cursor, seen: redisClock.now() });
  const isSilent = ({ replica, seen }: KnownReplica) =>
    replica !== own && redisClock.now() - seen > 2 * lease;

  async function tellOnce(): Promise<void> {
    const now = hash();
    if (now === undefined || !isJoined) return;
    try {
      const isNew = await now.put(own, report());
      told = clock.monotonic();
      // The hash was lost, and with it maybe the log: others may not know of us any more.
      if (isNew) isJoined = false;
    } catch {
      // Where we are not heard, others may not be either.
      roster.excuse();
    }
  }

  /** One at a time; what changes meanwhile is told right after. */
  async function tell(): Promise<void> {
    isStale = true;
    if (isTelling) return;
    isTelling = true;
    while (isStale) {
      isStale = false;
      await tellOnce();
    }
    isTelling = false;
  }

  function take(reports: ReadonlyMap<string, string>): string[] {
    const read = [...reports].map(([replica, json]) => [replica, decodeReport(json, replica)] as const);
    return roster.update(new Map(read));
  }

  async function look(): Promise<boolean> {
    const now = hash();
    looked = clock.monotonic();
    try {
      if (now === undefined) throw new Error('Redis is away');
      const over = take(await now.all());
      if (isSteady()) over.push(...roster.forget(redisClock.now(), patience));
      for (const replica of over) now.remove(replica).catch(() => {});
    } catch {
      roster.excuse();
      return false;
    }
    const all = roster.all();
    levels = { known: all.length, silent: all.filter(isSilent).length };
    return true;
  }

  function beat(): void {
    timer = setTimeout(beat, PACE * (0.5 + Math.random() / 2));
    timer.unref();
    if (clock.monotonic() - looked >= Math.max(LOOK, 100 * roster.all().length)) void look();
  }

  return {
    heard(entry) {
      const { member, ack = false } = entry;
      if (ack) isAckWanted = true;
      if (member?.kind === 'joined') roster.joined(member.replica, member.name, msOf(entry.id));
      if (member?.kind === 'left' && member.replica !== own) roster.left(member.replica);
    },
    advance(reached, done) {
      const step = ++steps;
      const isAsked = isAckWanted;
      isAckWanted = false;
      const settle = () => {
        if (step < settledStep) return;
        settledStep = step;
        cursor = reached;
        if (isAsked) void tell();
      };
      if (done === undefined) settle();
      else done.then(settle, () => {});
    },
    rejoin(isLost) {
      isJoined = false;
      if (!isLost) return;
      cursor = undefined;
      settledStep = ++steps;
    },
    async join(reader, append) {
      // Nobody forgets us sooner than that.
      if (isJoined && clock.monotonic() - told < FORGET / 2) return false;
      try {
        const reports = await reader.all();
        take(reports);
        await reader.put(own, report());
        const lost = roster.all().filter(({ replica }) => replica !== own && !reports.has(replica));
        await Promise.all(lost.map((each) => reader.restore(each.replica, encodeReport(each))));
        const sent = clock.monotonic();
        const id = await append({ kind: 'joined', replica: own, name: name() });
        redisClock.appended(sent, clock.monotonic(), msOf(id));
      } catch (error) {
        // While nobody can write, nobody is forgotten and nothing is appended.
        if (isJoined && error instanceof Error && error.message.startsWith('OOM')) return false;
        throw error;
      }
      isJoined = true;
      told = clock.monotonic();
      return true;
    },
    async prove(reader) {
      const now = clock.monotonic();
      if (now - proved < interval) return false;
      try {
        if (await reader.put(own, report())) isJoined = false;
        told = clock.monotonic();
      } catch (error) {
        // Where we are not heard, others may not be either.
        roster.excuse();
        if (!(error instanceof Error) || error.name !== 'ReplyError') throw error;
        if (UNPROVEN.test(error.message)) return false;
      }
      proved = now;
      return true;
    },
    start() {
      if (timer === undefined) beat();
    },
    back: () => void tell(),
    look,
    all: () => roster.all().map((each) => (each.replica === own ? { ...each, name: name(), cursor } : each)),
    isSilent,
    get levels() {
      return levels;
    },
    async leave(append) {
      clearTimeout(timer);
      const now = hash();
      if (now === undefined || !isJoined) return;
      isJoined = false;
      const said = Promise.all([now.remove(own), append({ kind: 'left', replica: own, name: name() })]);
      await within(
        GOODBYE,
        said.catch(() => {}),
      );
    },
  };
}
