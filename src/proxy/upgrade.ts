import type { Duplex } from 'node:stream';
import { type Exchange, finish } from './exchange.ts';
import { invalidate, invalidateUnanswered } from './invalidate.ts';
import type { OpenTunnel } from './ports.ts';
import { editFields } from './response-fields.ts';
import type { Sidecar } from './sidecar.ts';
import { passRequest } from './upstream-request.ts';

/**
 * Passes a request to switch protocols; the cache has no part in it, but for what an unsafe method
 * invalidates. `refuse` answers the client itself.
 */
export function upgrade(
  x: Exchange,
  sidecar: Sidecar,
  open: OpenTunnel,
  { protocol, client, head }: { protocol: string; client: Duplex; head: Buffer },
  refuse: (status: number) => void,
): void {
  x.route = sidecar.routes.match(x.request);
  x.cache = { hit: false, fwd: 'bypass', detail: 'upgrade' };
  x.trace.push('pass', 'forward');
  const { clock } = sidecar;
  const sentAt = clock.monotonic();
  open(
    { ...passRequest(x, sidecar.trustForwarded), body: undefined, protocol, client, head },
    {
      onAnswer(status, fields) {
        x.status = status;
        x.servedFrom = 'upstream';
        x.upstreamDuration = clock.monotonic() - sentAt;
        invalidate(x, sidecar, { status, fields });
        // A 101 speaks of its connection alone.
        return status === 101 ? fields : editFields(fields, x.route?.rule);
      },
      onRefused(status) {
        x.status = status;
        x.trace.push('upstream-error');
        x.cache = { ...x.cache, detail: 'upstream-error', subject: undefined };
        invalidateUnanswered(x, sidecar);
        refuse(status);
      },
      onClosed(bytes) {
        x.bytes = bytes;
        if (x.status === 0) invalidateUnanswered(x, sidecar);
        finish(x, clock.monotonic(), 'whole');
      },
    },
  );
}
