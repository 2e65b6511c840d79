import type { Kind, Suite, SuiteTest } from './suite.ts';

export const KINDS: readonly Kind[] = ['required', 'optimal', 'check'];

/** Passed of all. */
export interface Count {
  readonly passed: number;
  readonly of: number;
}

export function count(tests: readonly SuiteTest[], kind: Kind, passes: (id: string) => boolean): Count {
  const asked = tests.filter((test) => test.kind === kind);
  return { passed: asked.filter(({ id }) => passes(id)).length, of: asked.length };
}

/** A Markdown table: a line for each section and one for all, a column for each contestant. */
export function table(
  suite: Suite,
  kind: Kind,
  contestants: ReadonlyMap<string, (id: string) => boolean>,
): string {
  const head = ['section', 'tests', ...contestants.keys()];
  const line = (name: string, tests: readonly SuiteTest[]): string[] => {
    const counts = [...contestants.values()].map((passes) => count(tests, kind, passes));
    return [name, String(counts[0]?.of ?? 0), ...counts.map(({ passed }) => String(passed))];
  };
  const sections = suite.sections.filter(({ tests }) => tests.some((test) => test.kind === kind));
  const rows = [
    head,
    head.map((_, column) => (column === 0 ? '---' : '--:')),
    ...sections.map(({ name, tests }) => line(name, tests)),
    line(
      '**all**',
      suite.sections.flatMap(({ tests }) => tests),
    ),
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
