import type { Logger } from 'pino';

/** What was done, or asked for: `call` is a request to the admin port that was turned away. */
export type AuditAction = 'start' | 'stop' | 'reload' | 'purge' | 'warm' | 'call';

/** What became of it. `limited`: from here on it is turned away without a look at its token. */
export type AuditResult =
  | 'done'
  | 'pending'
  | 'repeated'
  | 'dry-run'
  | 'aborted'
  | 'failed'
  | 'refused'
  | 'limited';

/** Who asked, and whence. */
export interface AuditOrigin {
  /** Name of the token; `local` where none is asked for, `unknown` where none was valid. */
  readonly by: string;
  /** The address, or the signal. */
  readonly from: string;
  readonly requestId?: string;
}

/** One line of the audit log. */
export interface AuditRecord extends AuditOrigin {
  readonly action: AuditAction;
  /** What it was about, without secrets. */
  readonly target: string;
  readonly result: AuditResult;
  /** What else is told of this action: figures, names, why not. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Writes one line. Never throws. */
export type Audit = (record: AuditRecord) => void;

/** Characters of a target in one line: a log that others share cuts lines above 4 KiB. */
const LONGEST = 1_500;

/**
 * Changes of state in the log, as `{ "audit": { action, by, from, requestId?, target, result, details? } }` at
 * level info, whatever else the level lets through; `silent` alone ends them.
 */
export function createAudit(log: Logger): Audit {
  const lines = log.child({}, { level: 'info' });
  return ({ action, by, from, requestId, target, result, details }) => {
    if (log.level === 'silent') return;
    const audit = {
      action,
      by: legible(by),
      from: legible(from),
      ...(requestId === undefined ? {} : { requestId: legible(requestId) }),
      target: legible(target),
      result,
      ...(details === undefined ? {} : { details: legibleMembers(details) }),
    };
    lines.info({ audit }, action);
  };
}

function legibleMembers(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const told = Object.entries(details).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    told.map(([name, value]) => [name, typeof value === 'string' ? legible(value) : value]),
  );
}

/** Terminals and viewers act on these: control characters, and those that turn the direction of text. */
const ACTED_ON = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

function legible(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return short.replace(ACTED_ON, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}
