import { Counter, Gauge, type Registry } from 'prom-client';

export type SetValue = (labels: Record<string, string>, value: number) => void;

/** Registers a metric that is read at each scrape. */
export function register(
  registry: Registry,
  kind: 'counter' | 'gauge',
  name: string,
  help: string,
  labelNames: string[],
  read: (set: SetValue) => void,
): void {
  // A metric without labels stands at 0 from the start, which is not what is absent (no Redis, say).
  const shared = { name, help, labelNames, registers: [registry] };
  if (kind === 'counter') {
    const counter: Counter = new Counter({
      ...shared,
      collect() {
        counter.reset();
        if (labelNames.length === 0) counter.remove();
        read((labels, value) => counter.inc(labels, value));
      },
    });
    return;
  }
  const gauge: Gauge = new Gauge({
    ...shared,
    collect() {
      gauge.reset();
      if (labelNames.length === 0) gauge.remove();
      read((labels, value) => gauge.set(labels, value));
    },
  });
}
