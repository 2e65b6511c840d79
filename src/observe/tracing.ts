import type { TextMapGetter } from '@opentelemetry/api';
import { type FieldLines, fieldValue } from '../policy/fields.ts';
import type { OpenTelemetry } from './open-telemetry.ts';
import type { Tracing } from './span.ts';
import { methodAttributes, nameOfMethod, outcomeAttributes, sampledBy } from './span-attributes.ts';
import { TracedRequest, unseen } from './traced-request.ts';
import { createTraceSending } from './traced-sending.ts';

const FIELDS: TextMapGetter<FieldLines> = {
  keys: (fields) => fields.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()),
  get: (fields, key) => fieldValue(fields, key.toLowerCase()),
};

/**
 * Traces by OpenTelemetry's API. Contexts are handed on by hand: a request that waits for its turn is woken by another, and
 * whatever a context manager held then would be of that one. `origin`: of the upstream.
 */
export function createTracing(api: OpenTelemetry, origin: string, version: string): Tracing {
  const { trace, propagation, ROOT_CONTEXT, SpanKind } = api;
  const tracer = trace.getTracer('cacheside', version);
  const send = createTraceSending(api, tracer, origin);
  return {
    request(head, clientAddress) {
      const parent = propagation.extract(ROOT_CONTEXT, head.fields, FIELDS);
      const options = { kind: SpanKind.SERVER, attributes: sampledBy(head) };
      const span = tracer.startSpan(nameOfMethod(head.method), options, parent);
      return new TracedRequest(span, trace.setSpan(parent, span), head, clientAddress, send);
    },
    ownRequest: () => unseen(send, undefined),
    refused(outcome) {
      const { method, why } = outcome;
      const attributes = {
        ...methodAttributes(method),
        ...outcomeAttributes(outcome, undefined),
        'cacheside.why': why,
      };
      const options = { kind: SpanKind.SERVER, attributes };
      tracer.startSpan(nameOfMethod(method), options, ROOT_CONTEXT).end();
    },
    async flush(within) {
      const provider = trace.getTracerProvider() as { getDelegate?(): object };
      const delegate = provider.getDelegate?.() ?? provider;
      if (!('forceFlush' in delegate) || typeof delegate.forceFlush !== 'function') return;
      const late = new Promise<void>((resolve) => setTimeout(resolve, within).unref());
      await Promise.race([Promise.resolve(delegate.forceFlush()).catch(() => {}), late]);
    },
  };
}
