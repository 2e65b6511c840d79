import type { Outcome } from './outcome.ts';
import { outcomeWord } from './outcome-word.ts';
import { redactTarget } from './redact.ts';

/** Writes one exchange as a line of JSON with its newline; `now` in ms since the epoch. */
export type WriteLine = (outcome: Outcome, now: number) => string;

/**
 * Behind its target, and but for its figures, the line of a request mostly says what that of the one before it on the same
 * route said: that part is put together once.
 */
export function createLineWriter(): WriteLine {
  /** By route: there are few. */
  const last = new Map<string | undefined, { readonly outcome: Outcome; readonly text: string }>();
  const ending = (outcome: Outcome): string => {
    const known = last.get(outcome.route);
    if (known !== undefined && isAlike(known.outcome, outcome)) return known.text;
    const text = endingOf(outcome);
    // The exchange's own texts are pieces of what was read from its connection.
    last.set(outcome.route, { outcome: { ...outcome, id: '', method: '', authority: '', target: '' }, text });
    return text;
  };
  return (outcome, now) => {
    const { upstreamDuration } = outcome;
    const upstream = upstreamDuration === undefined ? '' : `,"upstream":${rounded(upstreamDuration)}`;
    return (
      `{"level":"info","time":${now},"pid":${PID},"id":${quoted(outcome.id)},"method":${quoted(outcome.method)}` +
      `,"host":${quoted(outcome.authority)},"path":${quoted(redactTarget(outcome.target))}${ending(outcome)}` +
      `,"duration":${rounded(outcome.duration)}${upstream},"bytes":${outcome.bytes},"aborted":${outcome.aborted},"msg":"request"}\n`
    );
  };
}

const PID = process.pid;

function endingOf(outcome: Outcome): string {
  const { cache } = outcome;
  let text =
    `,"route":${quoted(outcome.route ?? 'none')},"status":${outcome.status},"outcome":"${outcomeWord(outcome)}"` +
    `,"trace":"${outcome.trace.join(' ')}","servedFrom":"${outcome.servedFrom}"`;
  if (cache.detail !== undefined) text += `,"detail":"${cache.detail}"`;
  if (cache.subject !== undefined) text += `,"subject":${quoted(cache.subject)}`;
  if (outcome.why !== undefined) text += `,"why":${quoted(outcome.why)}`;
  return text;
}

/** Whether the lines of two exchanges of one route end alike. */
function isAlike(a: Outcome, b: Outcome): boolean {
  return (
    a.status === b.status &&
    a.servedFrom === b.servedFrom &&
    a.cache.detail === b.cache.detail &&
    a.cache.subject === b.cache.subject &&
    a.why === b.why &&
    isSameTrace(a.trace, b.trace) &&
    outcomeWord(a) === outcomeWord(b)
  );
}

function isSameTrace(a: Outcome['trace'], b: Outcome['trace']): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** What JSON shows as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
