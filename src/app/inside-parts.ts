import type { Duplex } from 'node:stream';
import { hangUp } from '../downstream/client-connection.ts';
import type { Inside } from '../downstream/door.ts';
import { refusal } from '../downstream/refusal.ts';
import { type Observer, refusedOutcome } from '../observe/outcome.ts';
import type { Tracing } from '../observe/span.ts';
import { isSafe, type RequestHead } from '../policy/request.ts';
import { createExchange, type Exchange } from '../proxy/exchange.ts';
import { holdBack } from '../proxy/hold-back.ts';
import { createNobody } from '../proxy/nobody.ts';
import { handle } from '../proxy/pipeline.ts';
import type { Downstream, OpenTunnel } from '../proxy/ports.ts';
import type { Sidecar } from '../proxy/sidecar.ts';
import { upgrade } from '../proxy/upgrade.ts';

/**
 * What the door hands requests to. `spread`: where other processes answer at the same address, resolves once they know
 * what was appended here.
 */
export function openInside(
  sidecar: Sidecar,
  observe: Observer,
  tunnels: OpenTunnel,
  spread: (() => Promise<void> | undefined) | undefined,
  tracing: Tracing | undefined,
): Inside {
  const exchange =
    tracing === undefined
      ? (id: string, request: RequestHead, downstream: Downstream): Exchange =>
          createExchange(id, request, downstream, sidecar.clock.monotonic(), observe)
      : tracedExchange(sidecar, observe, tracing);
  return {
    refused({ id, status, why, body }, method, target) {
      const outcome = refusedOutcome({ id, method, target, status, why, bytes: body.byteLength });
      tracing?.refused(outcome);
      observe(outcome);
    },
    handle:
      spread === undefined
        ? (id, request, downstream) => handle(exchange(id, request, downstream), sidecar)
        : (id, request, downstream) => {
            // Whoever has the answer to a write finds it done, whichever process is asked next.
            const held = isSafe(request.method) ? downstream : holdBack(downstream, spread);
            handle(exchange(id, request, held), sidecar);
          },
    upgrade(id, request, protocol, client: Duplex, head, clientAddress) {
      const x = exchange(id, request, { ...createNobody(), clientAddress });
      upgrade(x, sidecar, tunnels, { protocol, client, head }, (status, why, retryAfter) => {
        client.write(refusal(status, why, id, retryAfter).bytesTo(request.method));
        hangUp(client);
      });
    },
  };
}

function tracedExchange(sidecar: Sidecar, observe: Observer, tracing: Tracing) {
  return (id: string, request: RequestHead, downstream: Downstream): Exchange => {
    const span = tracing.request(request, downstream.clientAddress);
    const finished: Observer = (outcome) => {
      span.end(outcome, x.route?.rule.match.pattern);
      observe(outcome);
    };
    const x = createExchange(id, request, downstream, sidecar.clock.monotonic(), finished);
    x.span = span;
    return x;
  };
}
