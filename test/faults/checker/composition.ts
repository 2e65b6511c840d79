import { Writable } from 'node:stream';
import { pino } from 'pino';
import { send } from '../../../scripts/demo/request.ts';
import { createServing } from '../../../src/app/serving.ts';
import { systemClock } from '../../../src/clock.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createPurgeIndex, type PurgeIndex } from '../../../src/purge/purge-index.ts';
import type { PurgeLedger } from '../../../src/purge/purge-ledger.ts';
import type { PurgeLog } from '../../../src/purge/purge-log.ts';
import { createRedisLog } from '../../../src/purge/redis-log.ts';
import type { Purge } from '../../../src/purge/selector.ts';
import { connectRedis } from '../../../src/store/redis-connection.ts';
import type { PurgeReply, Running } from './replica.ts';
import { LEASE } from './running.ts';

/** Puts a broken part in the place of a whole one, behind the same port. */
export interface Mutant {
  /** The index as the log applies purges to it. `trusted`: whether the log is. */
  applying?(index: PurgeIndex, trusted: () => boolean): PurgeIndex;
  /** The index as stored responses are judged by it. */
  judging?(index: PurgeIndex): PurgeIndex;
  /** The log as requests and purges meet it; `index`: that which it applies them to. */
  log?(log: PurgeLog, index: PurgeIndex): PurgeLog;
  ledger?(ledger: PurgeLedger): PurgeLedger;
}

/**
 * A sidecar without an admin port, put together here so that a part of it can be replaced. It takes purges
 * of one tag, with or without a wait in ms, and is steady after a lease.
 */
export async function startComposed(upstream: string, document: string, mutant: Mutant): Promise<Running> {
  const text = `listen: 127.0.0.1:0\nupstream: ${upstream}\n${document}`;
  const config = loadConfig({ file: 'cacheside.yaml', flags: {}, env: {}, readFile: () => text });
  const { redis, coherence } = config;
  if (redis === undefined) throw new Error('a composed sidecar needs Redis');
  const faults: string[] = [];
  const lines = new Writable({
    write(chunk: Buffer, _encoding, done) {
      faults.push(chunk.toString());
      done();
    },
  });
  const logger = pino({ level: 'error' }, lines);
  const index = createPurgeIndex();
  const log = createRedisLog({
    index: mutant.applying?.(index, () => log.trusted) ?? index,
    namespace: redis.namespace,
    clock: systemClock,
    lease: coherence.lease,
    settle: LEASE,
    name: () => coherence.replica ?? '',
    open: (role, waits) =>
      connectRedis({ ...waits, url: redis.url, connectTimeout: redis.connectTimeout }, role),
  });
  const ledger = mutant.ledger?.(log.ledger) ?? log.ledger;
  const met = mutant.log?.(log, index) ?? log;
  const serving = createServing(
    config,
    { log: logger, logOutput: lines },
    { index: mutant.judging?.(index) ?? index, log: met },
  );
  await Promise.all([serving.connect(1_000), log.start(1_000)]);
  const { port } = await serving.listen(config.listen);
  let orders = 0;

  return {
    ask: (path, ask = {}) => send({ ...ask, url: `http://127.0.0.1:${port}${path}` }),
    async purge({ tag, wait }): Promise<PurgeReply> {
      const id = `${coherence.replica}-${++orders}`;
      const purge: Purge = {
        selector: { kind: 'tag', tag: String(tag) },
        soft: false,
        orders: [{ id, by: 'test', at: Date.now() }],
      };
      const receipt = await met.append([purge], { ack: wait !== undefined });
      if (receipt.kind === 'pending')
        return { status: 202, position: undefined, all: false, text: 'pending' };
      const { position } = receipt;
      if (wait === undefined) return { status: 200, position, all: false, text: 'applied' };
      const replicas = await ledger.applied(id, Number(wait), AbortSignal.timeout(5_000));
      return { status: 200, position, all: replicas.all, text: JSON.stringify(replicas) };
    },
    state: async () => ({ applied: log.applied, pending: log.pending, trusted: log.trusted }),
    faults: () => faults,
    async close() {
      await serving.drain({ delay: 0, within: 0 });
      await Promise.all([serving.close(), log.close()]);
    },
  };
}
