import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OperatorError } from '../errors.ts';

/** OpenTelemetry's API: of the SDK behind it nothing is known here. */
export type OpenTelemetry = typeof import('@opentelemetry/api');

const NAME = '@opentelemetry/api';

/**
 * OpenTelemetry's API, which is loaded only where it is wanted, as a file at one of these URLs would: Cacheside itself,
 * else one in the working directory. Throws an OperatorError where neither has it.
 */
export function loadOpenTelemetry(
  places: readonly string[] = [import.meta.url, pathToFileURL(join(process.cwd(), 'package.json')).href],
): OpenTelemetry {
  for (const place of places) {
    const require = createRequire(place);
    let found: string;
    try {
      found = require.resolve(NAME);
    } catch {
      continue;
    }
    return require(found) as OpenTelemetry;
  }
  throw new OperatorError(
    `\`tracing: true\` needs the package ${NAME}, which is not installed: add it and an SDK (see docs/tracing.md), or set \`tracing: false\`.`,
  );
}

/** Whether an SDK has been registered; without one nothing is recorded. */
export function hasSdk({ trace, ProxyTracerProvider }: OpenTelemetry): boolean {
  const provider = trace.getTracerProvider();
  if (!(provider instanceof ProxyTracerProvider)) return true;
  return provider.getDelegate().constructor !== new ProxyTracerProvider().getDelegate().constructor;
}
