// Sends what Cacheside traces to a collector, by OTLP over HTTP. See docs/tracing.md.
//
//   npm install @opentelemetry/api @opentelemetry/sdk-trace-base @opentelemetry/core @opentelemetry/resources \
//               @opentelemetry/exporter-trace-otlp-http
//   NODE_OPTIONS="--import ./otel.mjs" cacheside -c proxy.yaml        (with `tracing: true` in it)
//
// The usual variables say the rest: OTEL_EXPORTER_OTLP_ENDPOINT (http://localhost:4318), OTEL_EXPORTER_OTLP_HEADERS,
// OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER_ARG (share of the traces that begin here, 0 to 1).
import { hostname } from 'node:os';
import { propagation, trace } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';

const { OTEL_SERVICE_NAME = 'cacheside', OTEL_TRACES_SAMPLER_ARG = '0.01' } = process.env;

const provider = new BasicTracerProvider({
  // Each worker is a process of its own.
  resource: resourceFromAttributes({
    'service.name': OTEL_SERVICE_NAME,
    'host.name': hostname(),
    'process.pid': process.pid,
  }).merge(detectResources({ detectors: [envDetector] })),
  // Who calls decides about traces that began before; of the others a share is kept.
  sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(Number(OTEL_TRACES_SAMPLER_ARG)) }),
  // Cacheside has them sent when it stops.
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
trace.setGlobalTracerProvider(provider);
propagation.setGlobalPropagator(
  new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
);
