import type { Test } from 'tap';
import { startOrigin } from '../../fixtures/origin.ts';
import type { RedisServer } from '../../fixtures/redis-server.ts';
import { startTcpProxy } from '../../fixtures/tcp-proxy.ts';
import type { Counts } from './check.ts';
import type { Fault } from './faults.ts';
import { type Replica, type Running, startReplica } from './replica.ts';
import { documentFor, startInProcess } from './running.ts';
import { type Report, runSchedule, SEED } from './schedule.ts';
import { createShop } from './shop.ts';
import { enough, show } from './show.ts';

/** Where the sidecars have their purge log, and how they run. */
export interface Over {
  /** Each gets a link of its own to this server; without it, all are given `url`. */
  readonly redis?: RedisServer;
  readonly url?: string;
  /** In this process where left out. */
  readonly start?: (upstream: string, document: string) => Promise<Running>;
  /** Further configuration of one of them. */
  readonly more?: (name: string) => string;
}

export interface Three {
  readonly replicas: readonly Replica[];
  /** A schedule with these faults, `duration` ms long: the test fails on a violation, and where there was not enough to see. */
  run(faults: readonly Fault[], duration: number, isEnough?: (counts: Counts) => boolean): Promise<Report>;
}

/** A shop behind the sidecars A, B and C, until the test ends. */
export async function startThree(
  t: Test,
  { redis, url = '', start = startInProcess, more = () => '' }: Over,
): Promise<Three> {
  const shop = createShop(SEED + 1);
  const origin = await startOrigin(shop.handler);
  t.teardown(() => origin.close());
  const replicas = await Promise.all(
    ['A', 'B', 'C'].map(async (name) => {
      const link = redis && (await startTcpProxy(redis.port));
      t.teardown(() => link?.close());
      const document = documentFor(link ? `redis://127.0.0.1:${link.port}` : url, name, more(name));
      const replica = await startReplica(name, link, () => start(origin.url, document));
      t.teardown(() => replica.close());
      return replica;
    }),
  );
  return {
    replicas,
    async run(faults, duration, isEnough = enough) {
      const report = await runSchedule({ replicas, shop, faults, duration, enough: isEnough });
      show(t, report);
      t.strictSame(report.violations, []);
      t.ok(isEnough(report.counts), 'there was enough to see');
      return report;
    },
  };
}
