import type { Suite, SuiteTest } from './suite.ts';

/** What the suite's client noted of one test: true, or the kind of failure and what was wrong. */
export type Note = true | readonly [kind: string, message: string];

export type Notes = Readonly<Record<string, Note>>;

/**
 * `fail`: what it asks for is not so; `setup`: it did not come to the question; `dependency`: it says
 * nothing, since a test it rests on did not pass.
 */
export interface Verdict {
  readonly kind: 'pass' | 'fail' | 'setup' | 'dependency';
  readonly why: string;
}

const PASS: Verdict = { kind: 'pass', why: '' };

/** The verdict on every test by its id, counted as the suite's own page counts. */
export function verdicts(suite: Suite, notes: Notes): ReadonlyMap<string, Verdict> {
  const tests = new Map(suite.sections.flatMap(({ tests }) => tests).map((test) => [test.id, test]));
  const judge = ({ id, dependsOn }: SuiteTest): Verdict => {
    const missing = dependsOn.find((other) => {
      const test = tests.get(other);
      return test === undefined || judge(test).kind !== 'pass';
    });
    if (missing !== undefined) return { kind: 'dependency', why: `rests on ${missing}` };
    const note = notes[id];
    if (note === undefined) return { kind: 'setup', why: 'it did not run' };
    if (note === true) return PASS;
    const [kind, why] = note;
    return { kind: kind === 'Assertion' ? 'fail' : 'setup', why };
  };
  return new Map([...tests.values()].map((test) => [test.id, judge(test)]));
}
