import type { z } from 'zod';
import { isOfRequest } from '../policy/status-code.ts';
import { shown } from './parsed.ts';

/**
 * Parts, validations and what answers a range are no complete responses, a 511 is of the network between, and others
 * refuse one request alone: nothing can be stored under these statuses.
 */
const NO_RESPONSE = new Set([206, 304, 416, 511]);

function isUnstorable(status: number): boolean {
  return NO_RESPONSE.has(status) || isOfRequest(status);
}

/** `{404: …, 5xx: …}` by status; classes are spread out, and a status wins over its class. */
export function parseStatuses(
  input: Record<string, number>,
  context: z.RefinementCtx,
): ReadonlyMap<number, number> {
  const statuses = new Map<number, number>();
  const entries = Object.entries(input);
  for (const [name, ttl] of entries) {
    const first = /^([2-5])xx$/.exec(name)?.[1];
    if (first === undefined) continue;
    for (let status = Number(first) * 100; status < Number(first) * 100 + 100; status++) {
      if (!isUnstorable(status)) statuses.set(status, ttl);
    }
  }
  for (const [name, ttl] of entries) {
    if (/^[2-5]xx$/.test(name)) continue;
    const status = /^[2-5]\d\d$/.test(name) ? Number(name) : undefined;
    if (status !== undefined && !isUnstorable(status)) statuses.set(status, ttl);
    else {
      const problem =
        status === undefined
          ? `${shown(name)} is not a status – write \`404\` or \`5xx\``
          : `a ${name} is never stored – remove it`;
      context.addIssue({ code: 'custom', message: problem, path: [name], params: { part: 'key' } });
    }
  }
  return statuses;
}
