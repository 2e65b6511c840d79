import type { EventEmitter } from 'node:events';
import { Cluster, type Redis } from 'ioredis';

/** A connection to one server, to the master that Sentinels name, or to a Cluster. */
export type RedisClient = Redis | Cluster;

/**
 * Whether commands can be sent now. A Cluster's own `status` says only that its slots are known: it is
 * ready where one of its masters is, and a command whose node is away fails at once.
 */
export function isReady(client: RedisClient): boolean {
  if (client.status !== 'ready') return false;
  return !(client instanceof Cluster) || client.nodes('master').some(({ status }) => status === 'ready');
}

/** The servers that hold keys, in whatever state. */
export function mastersOf(client: RedisClient): Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}

/** Calls `changed` whenever `isReady` may have changed; returns how to stop that. */
export function onChange(client: RedisClient, changed: () => void): () => void {
  const followed = new Set<EventEmitter>();
  const follow = (one: EventEmitter): void => {
    followed.add(one.on('ready', changed).on('close', changed));
  };
  const leave = (one: EventEmitter): void => {
    followed.delete(one.off('ready', changed).off('close', changed));
    changed();
  };
  follow(client);
  if (client instanceof Cluster) {
    for (const node of client.nodes()) follow(node);
    client.on('+node', follow);
    client.on('-node', leave);
  }
  return () => {
    client.off('+node', follow);
    client.off('-node', leave);
    for (const one of followed) one.off('ready', changed).off('close', changed);
    followed.clear();
  };
}

/** Longest wait between two attempts to reach Redis, ms. */
const MAX_RETRY_DELAY = 3_000;

/** How long to wait before this attempt, from 1 on, ms: doubles from 50 to the cap; half of it is jitter, so that replicas do not come back as one. */
export function retryDelay(attempt: number): number {
  const ceiling = Math.min(MAX_RETRY_DELAY, 50 * 2 ** Math.min(attempt - 1, 16));
  return Math.round(ceiling / 2 + Math.random() * (ceiling / 2));
}
