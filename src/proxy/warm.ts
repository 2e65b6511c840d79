import type { Outcome } from '../observe/outcome.ts';
import type { RequestSpan } from '../observe/span.ts';
import type { RequestHead } from '../policy/request.ts';
import { createExchange } from './exchange.ts';
import { createNobody } from './nobody.ts';
import { handle } from './pipeline.ts';
import type { Sidecar } from './sidecar.ts';

/** Fetches a request through the pipeline as a client would, its answer discarded; resolves with the outcome. */
export function warm(
  sidecar: Sidecar,
  id: string,
  request: RequestHead,
  span?: RequestSpan,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const x = createExchange(id, request, createNobody(), sidecar.clock.monotonic(), resolve);
    x.span = span;
    handle(x, sidecar);
  });
}
