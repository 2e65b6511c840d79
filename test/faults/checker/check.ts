import { createHistory, type History } from './history.ts';
import type { Random } from './random.ts';
import type { PurgeReply, Replica } from './replica.ts';
import { CAP, LEASE } from './running.ts';
import { type Named, randomNamed } from './selectors.ts';
import { PRODUCTS, pathOf, randomFields, type Shop, versionIn } from './shop.ts';
import { type Claim, createVerdict, type Verdict } from './verdict.ts';

/** What a machine busy with other tests may add to the bound, ms. */
const SLACK = 500;

export interface Counts {
  reads: number;
  hits: number;
  fromRedis: number;
  writes: number;
  purges: number;
  pending: number;
  byAll: number;
  faults: number;
}

/** The operations of a run, each of which is judged. */
export interface Check {
  readonly history: History;
  readonly verdict: Verdict;
  readonly counts: Counts;
  /** Reads a product; a violation where its version is older than what a receipt promised before. */
  read(replica: Replica, id: number, fields: Record<string, string>): Promise<void>;
  /** Changes a product by way of a sidecar. */
  write(replica: Replica, id: number): Promise<void>;
  /** Changes products behind the caches' back, then purges them; undefined where the sidecar was being replaced. */
  purge(replica: Replica, order: Order): Promise<PurgeReply | undefined>;
  /** Looks how far this replica has applied the log. */
  watch(replica: Replica): Promise<void>;
  /** Finds out whether what was pending at this replica is in the log by now. */
  settle(replica: Replica): Promise<boolean>;
}

export interface Order {
  readonly named: readonly Named[];
  /** Changed before the purge. */
  readonly changed: readonly number[];
  readonly soft?: boolean;
  /** How long the receipt waits for the other replicas, such as `300ms`. */
  readonly wait?: string | undefined;
}

export function createCheck(replicas: readonly Replica[], shop: Shop): Check {
  const history = createHistory();
  const verdict = createVerdict(replicas.map(({ name }) => name));
  const counts: Counts = {
    reads: 0,
    hits: 0,
    fromRedis: 0,
    writes: 0,
    purges: 0,
    pending: 0,
    byAll: 0,
    faults: 0,
  };

  const failed = (what: string, { name }: Replica, error: unknown) =>
    history.violated(`${what} at ${name}: ${error}`);

  return {
    history,
    verdict,
    counts,
    async read(replica, id, fields) {
      const { name } = replica;
      const least = verdict.least(name, id);
      const began = Math.round(history.now);
      try {
        const answer = await replica.use((running) => running.ask(pathOf(id), { headers: fields }));
        if (answer === undefined) return;
        const { cacheStatus } = answer;
        counts.reads++;
        if (cacheStatus.includes('; hit')) counts.hits++;
        if (cacheStatus.includes('detail=redis')) counts.fromRedis++;
        const version = versionIn(answer);
        if (version === undefined) {
          history.violated(`${name} answered ${answer.status} for ${id}: ${answer.text}; ${cacheStatus}`);
        } else if (version < least) {
          history.violated(
            `${name} gave version ${version} of ${id} to a read begun at ${began}, ${least} was due; ${cacheStatus}`,
          );
        }
      } catch (error) {
        failed('a read failed', replica, error);
      }
    },

    async write(replica, id) {
      const before = shop.versions[id] ?? 0;
      try {
        const headers = { host: 'shop.test' };
        const answer = await replica.use((running) => running.ask(pathOf(id), { method: 'PUT', headers }));
        if (answer === undefined) return;
        counts.writes++;
        if (answer.status !== 204) history.violated(`${replica.name} answered ${answer.status} to a PUT`);
        // Its own write at least; another one may have come between.
        const versions = new Map([[id, before + 1]]);
        history.note(`PUT ${id} at ${replica.name}: ${before + 1}`);
        const dueAt = Number.POSITIVE_INFINITY;
        verdict.acknowledge({ taker: replica.name, versions, position: undefined, dueAt }, []);
      } catch (error) {
        failed('a write failed', replica, error);
      }
    },

    async purge(replica, { named, changed, soft = false, wait }) {
      for (const id of changed) shop.change(id);
      const ids = new Set(named.flatMap((one) => one.ids));
      const versions = new Map([...ids].map((id) => [id, shop.versions[id] ?? 0]));
      const joined = replicas.filter((one) => one.joined && !one.restarting).map(({ name }) => name);
      const order = orderFrom(
        named.map(({ selector }) => (soft ? { ...selector, soft } : selector)),
        wait,
      );
      const what = `${soft ? 'soft ' : ''}purge at ${replica.name} ${JSON.stringify(order)}`;
      history.note(`${what} begins: ${[...versions].slice(0, 3).join(' ')}`);
      try {
        const answer = await replica.use((running) => running.purge(order));
        if (answer === undefined) return undefined;
        const { status, position, all, text } = answer;
        history.note(`${what}: ${text.slice(0, 300)}`);
        counts.purges++;
        if (status === 202) counts.pending++;
        if (status !== 200 && status !== 202) history.violated(`${what}: ${status} ${text}`);
        if (all) counts.byAll++;
        if (soft) return answer;
        const dueAt =
          position === undefined ? Number.POSITIVE_INFINITY : performance.now() + LEASE + CAP + SLACK;
        const stayed = replicas.filter((one) => joined.includes(one.name) && one.joined && !one.restarting);
        const everywhere = all ? stayed.map(({ name }) => name) : [];
        verdict.acknowledge({ taker: replica.name, versions, position, dueAt }, everywhere);
        return answer;
      } catch (error) {
        failed(what, replica, error);
        return undefined;
      }
    },

    async watch(replica) {
      const state = await replica.use((running) => running.state()).catch(() => undefined);
      if (state === undefined || !state.trusted) return;
      replica.join();
      verdict.applied(replica.name, state.applied);
    },

    async settle(replica) {
      const claims: readonly Claim[] = verdict.unsettled(replica.name);
      const settled = await replica
        .use(async (running) => {
          const state = await running.state();
          if (state.pending > 0 || !state.trusted) return undefined;
          // Behind all that this sidecar appended before.
          return claims.length === 0
            ? state.applied
            : (await running.purge({ tag: 'nobody-has-it' })).position;
        })
        .catch(() => undefined);
      if (settled === undefined) return false;
      verdict.settle(claims, settled);
      return true;
    },
  };
}

/** One selector alone, or several in one call. */
function orderFrom(
  selectors: readonly Readonly<Record<string, unknown>>[],
  wait: string | undefined,
): Record<string, unknown> {
  const [only] = selectors;
  const purges = selectors.length === 1 && only !== undefined ? only : { purges: selectors };
  return wait === undefined ? { ...purges } : { ...purges, wait };
}

/** Several of them in a third of the cases, where the admin port takes that. */
export function randomOrder(random: Random, { takesSeveral }: { readonly takesSeveral: boolean }): Order {
  const count = takesSeveral && random.chance(0.3) ? 2 + random.below(2) : 1;
  const changed = Array.from({ length: count }, () => random.below(PRODUCTS));
  const named = changed.map((id) => randomNamed(id, random));
  const wait = takesSeveral && random.chance(0.6) ? '250ms' : undefined;
  return { named, changed, soft: random.chance(0.15), wait };
}

/** A read of what is asked for most, or of anything. */
export function randomRead(
  random: Random,
  hot: number,
  shop: Shop,
): { readonly id: number; readonly fields: Record<string, string> } {
  const id = random.below(random.chance(0.75) ? hot : PRODUCTS);
  return { id, fields: randomFields(random, id, shop.versions[id] ?? 0) };
}
