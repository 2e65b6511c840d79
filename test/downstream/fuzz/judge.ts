import type { Outcome } from './doors.ts';
import type { NodeReader, ReadByNode } from './node-reader.ts';

/** A plain request that follows what the fast door read: it is read whole wherever a request can begin. */
const NEXT = 'GET /next HTTP/1.1\r\nHost: next.test\r\n\r\n';
const NEXT_HEAD = JSON.stringify(['GET', 'http', 'next.test', '/next', '', 'Host', 'next.test']);

/**
 * Whether the fast door did what node:http would have done. What it answered node's parser reads in the same way, with
 * the same end; all that is behind goes to node's parser; and where it waits for more, so does node's parser.
 * Undefined where it did; else why not.
 */
export function judge(outcome: Outcome, node: NodeReader): string | undefined {
  const { stream, heads, handedOn, answers, ended, falseClaim } = outcome;
  const bytes = stream.pieces.join('');
  if (falseClaim !== undefined) return falseClaim;
  if (ended) return 'it ended the connection';
  const numbers = [...answers.matchAll(/\r\nX-Number: (\d+)\r\n/g)].map(([, number]) => Number(number));
  if (numbers.length !== heads.length || numbers.some((number, i) => number !== i))
    return `${heads.length} requests had the answers ${numbers}`;
  if (handedOn === undefined) return compare(heads, node.read(bytes));
  const rest = bytes.length - handedOn.length;
  if (rest < 0 || bytes.slice(rest) !== handedOn) return `it handed on ${JSON.stringify(handedOn)}`;
  return compare([...heads, NEXT_HEAD], node.readWhole(bytes.slice(0, rest) + NEXT));
}

function compare(fast: readonly string[], { heads, error }: ReadByNode): string | undefined {
  const at = fast.findIndex((head, i) => head !== heads[i]);
  if (at >= 0) return `request ${at}: ${fast[at]}\nby node: ${heads[at] ?? error ?? 'nothing'}`;
  if (heads.length > fast.length) return `node reads one more: ${heads[fast.length]}`;
  return error === undefined ? undefined : `node gives up what is answered or waited for: ${error}`;
}
