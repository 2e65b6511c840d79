import { Counter, type Registry } from 'prom-client';
import { UPSTREAM_FAILURES, type UpstreamFailure } from '../errors.ts';
import { registerDurations } from './duration-histogram.ts';
import { register } from './read-metric.ts';
import { STATUS_CLASSES, statusClass } from './status-class.ts';

export interface UpstreamMetrics {
  /** The head of an answer came, `duration` ms after its request was sent. */
  answered(status: number, duration: number): void;
  failed(failure: UpstreamFailure): void;
}

/** What came of requests to the upstream, background work included. */
export function registerUpstreamMetrics(registry: Registry): UpstreamMetrics {
  const durations = registerDurations(registry, {
    name: 'cacheside_upstream_duration_seconds',
    help: 'From the upstream request to the head of its response.',
    values: ['all'],
  });
  const statuses = new Float64Array(STATUS_CLASSES.length);
  register(
    registry,
    'counter',
    'cacheside_upstream_responses_total',
    'Answers of the upstream by the class of their status.',
    ['class'],
    (set) => {
      STATUS_CLASSES.forEach((name, i) => {
        set({ class: name }, statuses[i] as number);
      });
    },
  );
  const failures = new Counter({
    name: 'cacheside_upstream_errors_total',
    help: 'Failed upstream exchanges.',
    labelNames: ['failure'],
    registers: [registry],
  });
  for (const failure of UPSTREAM_FAILURES) failures.inc({ failure }, 0);
  return {
    answered(status, duration) {
      const index = statusClass(status);
      statuses[index] = (statuses[index] as number) + 1;
      durations.all.record(duration);
    },
    failed: (failure) => failures.inc({ failure }),
  };
}
