import type { Context, Span } from '@opentelemetry/api';
import type { RequestHead } from '../policy/request.ts';
import type { Outcome } from './outcome.ts';
import type { RequestSpan, Sending, UpstreamSpan } from './span.ts';
import { isFailure, nameOfMethod, outcomeAttributes, requestAttributes } from './span-attributes.ts';
import type { TraceSending } from './traced-sending.ts';

const ERROR = 2;

/** The span of a client's request. One object each, and nothing else where it is not sampled. */
export class TracedRequest implements RequestSpan {
  readonly #span: Span;
  readonly #context: Context;
  readonly #head: RequestHead;
  readonly #clientAddress: string | undefined;
  readonly #send: TraceSending;

  constructor(
    span: Span,
    context: Context,
    head: RequestHead,
    clientAddress: string | undefined,
    send: TraceSending,
  ) {
    this.#span = span;
    this.#context = context;
    this.#head = head;
    this.#clientAddress = clientAddress;
    this.#send = send;
  }

  sending(request: Sending): UpstreamSpan {
    return this.#send(request, this.#context, undefined);
  }

  renewal(): RequestSpan {
    return unseen(this.#send, this.#span);
  }

  follows(leader: RequestSpan): void {
    if (!(leader instanceof TracedRequest) || !this.#span.isRecording()) return;
    this.#span.addLink({ context: leader.#span.spanContext(), attributes: { 'cacheside.link': 'leader' } });
  }

  end(outcome: Outcome, pattern: string | undefined): void {
    const span = this.#span;
    if (!span.isRecording()) return;
    span.setAttributes(requestAttributes(this.#head, this.#clientAddress));
    span.setAttributes(outcomeAttributes(outcome, pattern));
    if (pattern !== undefined) span.updateName(`${nameOfMethod(outcome.method)} ${pattern}`);
    if (isFailure(outcome.status)) span.setStatus({ code: ERROR });
    span.end();
  }
}

/** What traces what Cacheside sends by itself: in traces of their own, linked with what set it off. */
export function unseen(send: TraceSending, cause: Span | undefined): RequestSpan {
  const link = cause && { context: cause.spanContext(), attributes: { 'cacheside.link': 'renewal' } };
  const self: RequestSpan = {
    sending: (request) => send(request, undefined, link),
    renewal: () => self,
    follows() {},
    end() {},
  };
  return self;
}
