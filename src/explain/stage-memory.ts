import { isResponse, type Stored, type StoredResponse } from '../policy/stored-response.ts';
import type { MemoryTier, RemoteFind, RemoteTier } from '../store/ports.ts';

/** What is changed in a copy stays in it: nothing of the original is written to. */
function copyOf(stored: Stored): Stored {
  if (!isResponse(stored)) return { ...stored };
  const { coded } = stored;
  const copy: StoredResponse = { ...stored, prepared: undefined, coded: undefined };
  if (coded?.of === stored)
    copy.coded = { of: copy, forms: coded.forms.map(({ coding, body }) => ({ coding, body })) };
  return copy;
}

/**
 * A memory tier that holds what another one holds, to be looked at and written to at will: the other one hears of
 * nothing, not even of a use.
 */
export function stageMemory(memory: MemoryTier): MemoryTier {
  /** undefined: gone. Copies of the others are made once, so that one response is one object. */
  const own = new Map<string, Stored | undefined>();
  const glance = (key: string): Stored | undefined => {
    if (own.has(key)) return own.get(key);
    const stored = memory.glance(key);
    const copy = stored && copyOf(stored);
    own.set(key, copy);
    return copy;
  };
  return {
    limit: memory.limit,
    peek: glance,
    glance,
    put(key, stored) {
      own.set(key, stored);
      return true;
    },
    attach: () => false,
    delete(key) {
      const had = glance(key) !== undefined;
      own.set(key, undefined);
      return had;
    },
    sweep: () => 0,
    keys: memory.keys,
    walk: memory.walk,
    stats: memory.stats,
  };
}

/** Looks into Redis that several rehearsals share: each key is asked for once, without a trace. */
export type RemoteLooks = (key: string) => Promise<RemoteFind>;

export function createLooks(redis: RemoteTier): RemoteLooks {
  const looks = new Map<string, Promise<RemoteFind>>();
  return (key) => {
    const known = looks.get(key);
    if (known !== undefined) return known;
    const look = redis.glance(key);
    looks.set(key, look);
    return look;
  };
}

/** A Redis tier that can be looked into and takes nothing. */
export function stageRemote(redis: RemoteTier, look: RemoteLooks): RemoteTier {
  const find = async (key: string): Promise<RemoteFind> => {
    const answer = await look(key);
    return answer.kind === 'found' ? { kind: 'found', stored: copyOf(answer.stored) } : answer;
  };
  const done = async (): Promise<void> => {};
  return {
    get state() {
      return redis.state;
    },
    find,
    glance: find,
    findMany: (keys) => Promise.all(keys.map(find)),
    put: () => true,
    delete() {},
    written: done,
    stats: redis.stats,
    connect: done,
    close: done,
  };
}
