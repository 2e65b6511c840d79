import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { Kind, Suite } from './suite.ts';
import type { Verdict } from './verdict.ts';

/** Where it is written down what does not pass, and why. */
export const EXPECTED = fileURLToPath(new URL('expected.yaml', import.meta.url));

export interface Reason {
  readonly why: string;
  readonly tests: readonly string[];
}

/** By the kind of the tests; whatever it does not name has to pass. */
export type Expectation = Readonly<Record<Kind, readonly Reason[]>>;

/** @throws Error where a test is named twice, or without a reason */
export function readExpectation(path: string = EXPECTED): Expectation {
  const {
    required = [],
    optimal = [],
    check = [],
  } = parse(readFileSync(path, 'utf8')) as Partial<Expectation>;
  const seen = new Set<string>();
  for (const { why, tests } of [...required, ...optimal, ...check]) {
    if (typeof why !== 'string' || why === '') throw new Error(`${path}: no reason for ${tests.join(', ')}`);
    for (const id of tests) {
      if (seen.has(id)) throw new Error(`${path}: ${id} stands twice`);
      seen.add(id);
    }
  }
  return { required, optimal, check };
}

/** The ids that are expected not to pass. */
export function expectedFailures(expectation: Expectation): ReadonlySet<string> {
  return new Set(
    Object.values(expectation).flatMap((reasons: readonly Reason[]) => reasons.flatMap(({ tests }) => tests)),
  );
}

/** One line for each test that does otherwise than expected, in either direction. */
export function differences(
  suite: Suite,
  found: ReadonlyMap<string, Verdict>,
  expectation: Expectation,
): string[] {
  const kinds = new Map(suite.sections.flatMap(({ tests }) => tests).map(({ id, kind }) => [id, kind]));
  const lines: string[] = [];
  for (const [kind, reasons] of Object.entries(expectation)) {
    for (const id of reasons.flatMap(({ tests }: Reason) => tests)) {
      const is = kinds.get(id);
      if (is === undefined) lines.push(`${id}: the suite has no such test`);
      else if (is !== kind) lines.push(`${id}: is ${is}, not ${kind}`);
    }
  }
  const failures = expectedFailures(expectation);
  for (const [id, { kind, why }] of found) {
    if (kind !== 'pass' && !failures.has(id)) lines.push(`${id} (${kinds.get(id)}) does not pass: ${why}`);
    if (kind === 'pass' && failures.has(id))
      lines.push(`${id} (${kinds.get(id)}) passes, and is expected not to`);
  }
  return lines;
}
