import type { Context, Link, Span, TextMapSetter, Tracer } from '@opentelemetry/api';
import { type FieldLines, withoutFields } from '../policy/fields.ts';
import type { OpenTelemetry } from './open-telemetry.ts';
import { redactTarget } from './redact.ts';
import type { Sending, UpstreamSpan } from './span.ts';
import { methodAttributes, nameOfMethod, serverAttributes } from './span-attributes.ts';

/** Begins the span of one exchange with the upstream; without a `context` in a trace of its own. */
export type TraceSending = (
  request: Sending,
  context: Context | undefined,
  link: Link | undefined,
) => UpstreamSpan;

const COLLECT: TextMapSetter<string[]> = { set: (lines, key, value) => void lines.push(key, value) };
const ERROR = 2;

/** `origin`: of the upstream. */
export function createTraceSending(api: OpenTelemetry, tracer: Tracer, origin: string): TraceSending {
  const { trace, propagation, ROOT_CONTEXT, SpanKind } = api;
  const upstream = serverAttributes(new URL(origin).host);

  /** The client's own fields are replaced by what the propagator writes, and left as they are where there is none. */
  const propagated = (context: Context, fields: FieldLines): FieldLines => {
    const lines: string[] = [];
    propagation.inject(context, lines, COLLECT);
    const names = propagation.fields();
    if (names.length === 0) return fields;
    return [...withoutFields(fields, new Set(names.map((name) => name.toLowerCase()))), ...lines];
  };

  return ({ method, target, fields }, context = ROOT_CONTEXT, link) => {
    const attributes = {
      ...methodAttributes(method),
      ...upstream,
      'url.full': `${origin}${redactTarget(target)}`,
    };
    const links = link === undefined ? [] : [link];
    const span = tracer.startSpan(
      nameOfMethod(method),
      { kind: SpanKind.CLIENT, attributes, links },
      context,
    );
    return upstreamSpan(span, propagated(trace.setSpan(context, span), fields));
  };
}

function upstreamSpan(span: Span, fields: FieldLines): UpstreamSpan {
  return {
    fields,
    answered(status) {
      span.setAttribute('http.response.status_code', status);
      if (status < 400) return;
      // To a client, as the conventions have it, a 404 is a failure too.
      span.setAttribute('error.type', String(status));
      span.setStatus({ code: ERROR });
    },
    end(error) {
      if (!span.isRecording()) return;
      if (error !== undefined) {
        span.setAttribute('error.type', error.failure);
        span.setStatus({ code: ERROR, message: error.message });
      }
      span.end();
    },
  };
}
