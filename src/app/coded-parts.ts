import type { Logger } from 'pino';
import { codingsOf } from '../policy/content-coding-scope.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import { type CodedMemory, createCodedMemory } from '../store/coded-memory.ts';
import { encode } from '../store/encoder.ts';
import type { MemoryTier } from '../store/ports.ts';

/** The memory tier with what `compress` makes of its stored responses, by the rules that hold at the time. */
export function openCodedMemory(
  tier: MemoryTier,
  rules: () => readonly RouteRule[],
  log: Logger,
): CodedMemory {
  let known: readonly RouteRule[] | undefined;
  let isAny = false;
  const isWanted = (): boolean => {
    const now = rules();
    if (now !== known) {
      known = now;
      isAny = now.some(({ compress }) => compress.length > 0);
    }
    return isAny;
  };
  return createCodedMemory(tier, {
    isWanted,
    codingsFor: (stored) => codingsOf(stored, rules()),
    encode,
    onFailure: (err) => log.warn({ err }, 'a stored response could not be compressed; it is served as it is'),
  });
}
