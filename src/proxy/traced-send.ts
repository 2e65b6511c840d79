import type { UpstreamError } from '../errors.ts';
import type { RequestSpan, UpstreamSpan } from '../observe/span.ts';
import type { FieldLines } from '../policy/fields.ts';
import type { Upstream, UpstreamExchange, UpstreamHead, UpstreamListener, UpstreamRequest } from './ports.ts';

/** Sends a request upstream in a span of its own. Throws what `send` throws. */
export function sendTraced(
  span: RequestSpan,
  upstream: Upstream,
  request: UpstreamRequest,
  listener: UpstreamListener,
): UpstreamExchange {
  const sent = span.sending(request);
  try {
    return upstream.send({ ...request, fields: sent.fields }, new TracedListener(sent, listener));
  } catch (error) {
    sent.end();
    throw error;
  }
}

/** Tells the span first: whoever hears of the end may end the span around it. */
class TracedListener implements UpstreamListener {
  readonly #span: UpstreamSpan;
  readonly #listener: UpstreamListener;

  constructor(span: UpstreamSpan, listener: UpstreamListener) {
    this.#span = span;
    this.#listener = listener;
  }

  onInformational(status: number, fields: FieldLines): void {
    this.#listener.onInformational(status, fields);
  }

  onHead(head: UpstreamHead): void {
    this.#span.answered(head.status);
    this.#listener.onHead(head);
  }

  onData(chunk: Buffer): boolean {
    return this.#listener.onData(chunk);
  }

  onEnd(): void {
    this.#span.end();
    this.#listener.onEnd();
  }

  onError(error: UpstreamError): void {
    this.#span.end(error);
    this.#listener.onError(error);
  }
}
