import type { UpstreamError } from '../errors.ts';
import type { FieldLines } from '../policy/fields.ts';
import type { RequestHead } from '../policy/request.ts';
import type { Outcome } from './outcome.ts';

/** What traces requests, where tracing is on. None of it throws or blocks. */
export interface Tracing {
  /** Begins the span of a request of a client, in the trace that its fields name. */
  request(head: RequestHead, clientAddress: string | undefined): RequestSpan;
  /** What traces a request that nobody waits for, such as one of a warm-up. */
  ownRequest(): RequestSpan;
  /** A request that was refused before it could be looked at. */
  refused(outcome: Outcome): void;
  /** Has what was traced sent, at most `within` ms. */
  flush(within: number): Promise<void>;
}

/** What traces one request. */
export interface RequestSpan {
  /** Begins the span of what is sent to the upstream for it. */
  sending(request: Sending): UpstreamSpan;
  /** What traces the renewal that it sets off in the background: it is linked with this one, and not part of it. */
  renewal(): RequestSpan;
  /** It waits for what the other one fetches. */
  follows(leader: RequestSpan): void;
  /** `pattern`: of the route that matched. */
  end(outcome: Outcome, pattern: string | undefined): void;
}

export interface Sending {
  readonly method: string;
  /** Origin-form. */
  readonly target: string;
  readonly fields: FieldLines;
}

/** What traces one exchange with the upstream. */
export interface UpstreamSpan {
  /** The fields as they are to be sent, so that the upstream can go on with the trace. */
  readonly fields: FieldLines;
  answered(status: number): void;
  /** Only the first end counts. */
  end(error?: UpstreamError): void;
}
