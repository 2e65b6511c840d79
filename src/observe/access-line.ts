import { ownText } from '../own-text.ts';
import type { Outcome } from './outcome.ts';
import { outcomeWord } from './outcome-word.ts';
import { redactTarget } from './redact.ts';

/** Writes one exchange as a line of JSON with its newline; `now` in ms since the epoch. */
export type WriteLine = (outcome: Outcome, now: number) => string;

/** Most targets whose lines are remembered. */
const KNOWN = 4096;
/** Longer targets are written anew each time. */
const LONGEST = 512;

/**
 * Between what differs with every request, its id in front and its figures behind, the lines of all hits of one
 * target are the same: that part is put together once.
 */
export function createLineWriter(): WriteLine {
  const known = new Map<string, { readonly outcome: Outcome; readonly text: string }>();
  const middleOf = (outcome: Outcome): string => {
    if (outcome.servedFrom !== 'memory' || outcome.target.length > LONGEST) return middle(outcome);
    const last = known.get(outcome.target);
    if (last !== undefined && isAlike(last.outcome, outcome)) return last.text;
    const text = ownText(middle(outcome));
    if (known.size >= KNOWN) known.clear();
    // The exchange's texts are pieces of what was read from its connection.
    const target = ownText(outcome.target);
    known.set(target, {
      outcome: { ...outcome, id: '', target, authority: ownText(outcome.authority) },
      text,
    });
    return text;
  };
  return (outcome, now) => {
    const { upstreamDuration } = outcome;
    const upstream = upstreamDuration === undefined ? '' : `,"upstream":${rounded(upstreamDuration)}`;
    return (
      `{"level":"info","time":${now},"pid":${PID},"id":${quoted(outcome.id)}${middleOf(outcome)}` +
      `,"duration":${rounded(outcome.duration)}${upstream},"bytes":${outcome.bytes},"aborted":${outcome.aborted},"msg":"request"}\n`
    );
  };
}

const PID = process.pid;

function middle(outcome: Outcome): string {
  const { cache } = outcome;
  let text =
    `,"method":${quoted(outcome.method)},"host":${quoted(outcome.authority)}` +
    `,"path":${quoted(redactTarget(outcome.target))},"route":${quoted(outcome.route ?? 'none')}` +
    `,"status":${outcome.status},"outcome":"${outcomeWord(outcome)}","trace":"${outcome.trace.join(' ')}"` +
    `,"servedFrom":"${outcome.servedFrom}"`;
  if (cache.detail !== undefined) text += `,"detail":"${cache.detail}"`;
  if (cache.subject !== undefined) text += `,"subject":${quoted(cache.subject)}`;
  if (outcome.why !== undefined) text += `,"why":${quoted(outcome.why)}`;
  return text;
}

/** Whether two exchanges of one target have the same middle. */
function isAlike(a: Outcome, b: Outcome): boolean {
  return (
    a.method === b.method &&
    a.authority === b.authority &&
    a.route === b.route &&
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
