import type { Outcome } from './doors.ts';
import type { NodeReader, ReadByNode } from './node-reader.ts';

/** A plain request that follows what the fast door read: it is read whole wherever a request can begin. */
const NEXT = 'GET /next HTTP/1.1\r\nHost: next.test\r\n\r\n';
const NEXT_HEAD = JSON.stringify(['GET', 'http', 'next.test', '/next', '', 'Host', 'next.test']);

/**
 * `late`: the fast door waits for more of a head that node's parser has given up by now; the next bytes, or the head's
 * time, end it.
 */
export type Verdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'late' }
  | { readonly kind: 'different'; readonly why: string };

/**
 * Whether the fast door did what node:http would have done. What it answered node's parser reads in the same way, with
 * the same end; all that is behind goes to node's parser; and where it waits for more, there is no more to be read.
 */
export function judge(outcome: Outcome, node: NodeReader): Verdict {
  const { stream, heads, handedOn, answers, ended, falseClaim } = outcome;
  const bytes = stream.pieces.join('');
  if (falseClaim !== undefined) return different(falseClaim);
  if (ended) return different('it ended the connection');
  const numbers = [...answers.matchAll(/\r\nX-Number: (\d+)\r\n/g)].map(([, number]) => Number(number));
  if (numbers.length !== heads.length || numbers.some((number, i) => number !== i))
    return different(`${heads.length} requests had the answers ${numbers}`);
  if (handedOn === undefined) return compare(heads, node.read(bytes));
  const rest = bytes.length - handedOn.length;
  if (rest < 0 || bytes.slice(rest) !== handedOn)
    return different(`it handed on ${JSON.stringify(handedOn)}`);
  const read = compare([...heads, NEXT_HEAD], node.readWhole(bytes.slice(0, rest) + NEXT));
  return read.kind === 'late' ? different('node gives up what was answered') : read;
}

function compare(fast: readonly string[], { heads, error }: ReadByNode): Verdict {
  const at = fast.findIndex((head, i) => head !== heads[i]);
  if (at >= 0) return different(`request ${at}: ${fast[at]}\nby node: ${heads[at] ?? error ?? 'nothing'}`);
  if (heads.length > fast.length) return different(`node reads one more: ${heads[fast.length]}`);
  return { kind: error === undefined ? 'same' : 'late' };
}

const different = (why: string): Verdict => ({ kind: 'different', why });
