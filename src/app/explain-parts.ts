import type { ExplainOrder, Explanation } from '../admin/explanation.ts';
import type { Config } from '../config/config.ts';
import { type ExplainParts, explain } from '../explain/explain.ts';

export type Explain = (order: ExplainOrder) => Promise<Explanation>;

/** Explains what this process would do with a request. */
export function openExplain(config: Config, parts: Omit<ExplainParts, 'limits' | 'worker'>): Explain {
  const own: ExplainParts = { ...parts, limits: config.downstream, worker: null };
  return (order) => explain(order, own);
}

/** The same as told by the worker with this number. */
export function asWorker(explanation: Explanation, worker: number): Explanation {
  const memory = explanation.memory.map((view) => ({ ...view, worker }));
  return { ...explanation, worker, memory };
}

/**
 * What several workers say of one request: as the one says it that would answer from memory, else the first; with what
 * each has in memory. undefined: none of them answered.
 */
export function explanationOfAll(all: readonly (Explanation | undefined)[]): Explanation | undefined {
  const known = all.filter((one) => one !== undefined).sort((a, b) => (a.worker ?? 0) - (b.worker ?? 0));
  const told = known.find(({ prediction }) => prediction.kind === 'served') ?? known[0];
  return told && { ...told, memory: known.flatMap(({ memory }) => memory) };
}
