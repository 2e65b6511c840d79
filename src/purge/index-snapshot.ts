import { compilePattern, type Pattern } from './pattern.ts';
import type { PurgeMark, SelectorMarks } from './purge-mark.ts';

/** All that a purge index knows, as plain data that a process can hand to another one. */
export interface PurgeIndexSnapshot {
  readonly exact: ReadonlyMap<string, SelectorMarks>;
  readonly paths: ReadonlyMap<string, SelectorMarks>;
  /** By the selector's name. */
  readonly patterns: ReadonlyMap<string, SelectorMarks>;
  readonly everything: { readonly hard: PurgeMark; readonly soft: PurgeMark };
  readonly serial: number;
  readonly settled: number;
}

/** The marks alone: what is compiled can't be handed over. */
export function patternMarks(patterns: ReadonlyMap<string, Pattern>): Map<string, SelectorMarks> {
  return new Map([...patterns].map(([name, { hard, soft }]) => [name, { hard, soft }]));
}

/** The patterns of a snapshot, compiled anew from their names. */
export function patternsOf(marks: ReadonlyMap<string, SelectorMarks>): Map<string, Pattern> {
  return new Map(
    [...marks].map(([name, { hard, soft }]) => {
      const text = name.slice(name.indexOf(':') + 1);
      const compiled = name.startsWith('prefix:')
        ? compilePattern({ kind: 'prefix', prefix: text })
        : compilePattern({ kind: 'glob', glob: text });
      return [name, Object.assign(compiled, { hard, soft })];
    }),
  );
}
