import { Cluster, type Redis } from 'ioredis';
import { retryDelay } from '../redis-client.ts';
import type { RedisHost } from '../redis-url.ts';
import type { CommonOptions } from './redis-options.ts';

/** Redirections of one command, one after another, before it fails. */
const MAX_REDIRECTIONS = 4;

/**
 * A Cluster whose commands fail at once while their node is away, as those of a single server do. It
 * keeps a connection to every master; nodes that moved are found by their redirections, and while a
 * master is away by asking for the slots anew. Where no node answers, it begins again with `hosts`.
 */
export function createCluster(hosts: readonly RedisHost[], redisOptions: CommonOptions): Cluster {
  /** Until a node told the slots, one that goes away leaves: the last of them ends the attempt. */
  let forlorn = true;
  const cluster = new Cluster(
    hosts.map((host) => ({ ...host })),
    {
      redisOptions,
      lazyConnect: true,
      enableOfflineQueue: false,
      // Whether slots are served is for each command to find out.
      enableReadyCheck: false,
      maxRedirections: MAX_REDIRECTIONS,
      // Zero: neither repeated nor kept for later.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      slotsRefreshTimeout: redisOptions.connectTimeout,
      clusterRetryStrategy: retryDelay,
      clusterNodeRetryStrategy: (attempt) => (forlorn ? null : retryDelay(attempt)),
      // A certificate is checked against the name, which must therefore not be resolved beforehand.
      dnsLookup: (name, done) => done(null, name),
    },
  );

  let attempts = 0;
  let timer: NodeJS.Timeout | undefined;

  const isComplete = () => cluster.nodes('master').every(({ status }) => status === 'ready');

  const refreshLater = (): void => {
    if (timer !== undefined) return;
    timer = setTimeout(refresh, retryDelay(++attempts));
    timer.unref();
  };

  const refresh = (): void => {
    timer = undefined;
    if (cluster.status !== 'ready') return;
    if (isComplete()) attempts = 0;
    else
      cluster.refreshSlotsCache((error) => {
        forlorn = error instanceof Error;
        // Nodes that were never connected to do not go away by themselves.
        if (forlorn) for (const node of cluster.nodes()) if (node.status === 'wait') node.disconnect();
        refreshLater();
      });
  };

  /** A node takes one command before it is connected and none while it connects: that is ours to begin. */
  const connect = (node: Redis): void => {
    if (node.status === 'wait' && node.options.readOnly !== true) node.connect().catch(() => {});
  };

  cluster.on('ready', () => {
    forlorn = false;
    for (const node of cluster.nodes('master')) connect(node);
  });
  cluster.on('close', () => {
    forlorn = true;
  });
  cluster.on('+node', (node: Redis) => {
    node.on('close', refreshLater);
    connect(node);
  });
  return cluster;
}
