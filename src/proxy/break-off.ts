import { type Exchange, finish } from './exchange.ts';
import { sendProblem } from './problem.ts';
import type { Sidecar } from './sidecar.ts';

/** A mistake of ours must cost one request, not the process. Never throws. */
export function breakOff(x: Exchange, sidecar: Sidecar, error: unknown): void {
  sidecar.onFault(error, x.id);
  if (x.finished) return;
  try {
    if (!x.downstream.begun) {
      return sendProblem(x, sidecar.clock, 500, 'Cacheside failed; the log has the reason.');
    }
  } catch (again) {
    sidecar.onFault(again, x.id);
  }
  x.downstream.destroy();
  finish(x, sidecar.clock.monotonic(), 'cut');
}
