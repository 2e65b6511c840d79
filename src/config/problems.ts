import { OperatorError } from '../errors.ts';

/** Where a value stands in the configuration: keys and list positions from the top. */
export type Path = readonly (string | number)[];

/** Takes one problem: at the value of `path`, or at its key. */
export type Report = (path: Path, message: string, part?: 'key' | 'value') => void;

/** One mistake. */
export interface Problem {
  /** The file, flag (`--ttl`) or variable (`CACHESIDE_TTL`) it stands in; undefined where it stands nowhere yet. */
  readonly source: string | undefined;
  /** From 1; 0 where the source has no lines. */
  readonly line: number;
  readonly column: number;
  /** `routes[0].ttl`; empty for the whole file. */
  readonly path: string;
  /** What is wrong – what to do. */
  readonly message: string;
}

/** Every problem of a configuration at once. */
export class ConfigError extends OperatorError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

/** `file:line:column path: what is wrong – what to do`. */
export function formatProblem(problem: Problem): string {
  const { source, line, column, path, message } = problem;
  const place = source !== undefined && line > 0 ? `${source}:${line}:${column}` : (source ?? '');
  const subject = line > 0 || source === undefined ? path : '';
  const head = [place, subject].filter((part) => part !== '').join(' ');
  return head === '' ? message : `${head}: ${message}`;
}

/** `routes[0].key.query`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}
