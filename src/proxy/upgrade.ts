import type { Duplex } from 'node:stream';
import { cacheStatusOf, enterTunnel, refusalOf } from './enter.ts';
import { type Exchange, finish } from './exchange.ts';
import { invalidate, invalidateUnanswered } from './invalidate.ts';
import type { OpenTunnel } from './ports.ts';
import { abandon, type Report, report, reportHead } from './report.ts';
import { editFields } from './response-fields.ts';
import type { Sidecar } from './sidecar.ts';
import { passRequest } from './upstream-request.ts';

/**
 * Passes a request to switch protocols; the cache has no part in it, but for what an unsafe method
 * invalidates. A tunnel has a turn of its route while it lasts, and does not wait for one: others may keep
 * theirs for hours. `refuse` answers the client itself; `retryAfter` in s.
 */
export function upgrade(
  x: Exchange,
  sidecar: Sidecar,
  open: OpenTunnel,
  { protocol, client, head }: { protocol: string; client: Duplex; head: Buffer },
  refuse: (status: number, why: string, retryAfter?: number) => void,
): void {
  x.route = sidecar.routes.match(x.request);
  x.cache = { hit: false, fwd: 'bypass', detail: 'upgrade' };
  x.trace.push('pass');
  const { clock } = sidecar;
  const gate = sidecar.admission.gateOf(x.route?.rule.name);
  const entry: Report = { gate, isProbe: false, isReported: false };
  const why = enterTunnel(entry);
  if (why !== undefined) {
    const { detail, retryAfter } = refusalOf(gate, why);
    x.trace.push(why === 'breaker' ? 'breaker-open' : 'overloaded');
    x.cache = cacheStatusOf(why);
    x.status = 503;
    finish(x, clock.monotonic(), 'whole');
    return refuse(503, detail, retryAfter);
  }
  x.trace.push('forward');
  const sentAt = clock.monotonic();
  const request = passRequest(x, sidecar.trustForwarded);
  const span = x.span?.sending(request);
  const { fields = request.fields } = span ?? {};
  open(
    { ...request, fields, body: undefined, protocol, client, head },
    {
      onAnswer(status, fields) {
        span?.answered(status);
        reportHead(entry, status, fields);
        report(entry, false);
        x.status = status;
        x.servedFrom = 'upstream';
        const took = clock.monotonic() - sentAt;
        x.upstreamDuration = took;
        sidecar.onUpstreamHead(status, took);
        invalidate(x, sidecar, { status, fields });
        // A 101 speaks of its connection alone.
        return status === 101 ? fields : editFields(fields, x.route?.rule);
      },
      onRefused(status) {
        span?.answered(status);
        report(entry, true);
        x.status = status;
        x.trace.push('upstream-error');
        x.cache = { ...x.cache, detail: 'upstream-error', subject: undefined };
        invalidateUnanswered(x, sidecar);
        refuse(status, 'The upstream did not answer the upgrade.');
      },
      onClosed(bytes) {
        span?.end();
        abandon(entry);
        gate.turns.free();
        x.bytes = bytes;
        if (x.status === 0) invalidateUnanswered(x, sidecar);
        finish(x, clock.monotonic(), 'whole');
      },
    },
  );
}
