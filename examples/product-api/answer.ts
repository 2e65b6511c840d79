import type { FieldProblem } from './product.ts';

/** A response before it is written: the writer adds Content-Length and leaves the body out for HEAD. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request that can't be granted, thrown from wherever that is noticed. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`refused with ${answer.status}`);
    this.answer = answer;
  }
}

export function json(status: number, value: unknown, headers: Answer['headers'] = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  };
}

export function empty(status: number, headers: Answer['headers'] = {}): Answer {
  return { status, headers, body: '' };
}

/** A problem document (RFC 9457); `errors` lists every field that is wrong. */
export function problem(
  status: number,
  title: string,
  more: { detail?: string; errors?: readonly FieldProblem[]; headers?: Answer['headers'] } = {},
): Answer {
  const { headers, ...members } = more;
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify({ type: 'about:blank', title, status, ...members }),
  };
}
