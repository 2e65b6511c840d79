import type { UpstreamRequest } from '../proxy/ports.ts';
import { startTrip } from '../proxy/trip.ts';
import { upstreamRequest } from '../proxy/upstream-request.ts';
import type { Rehearsal } from './rehearsal.ts';

/** What the upstream was asked, or would be, were nothing stored. */
export function wouldBeSent({ asked, x, stage }: Rehearsal): UpstreamRequest {
  if (asked !== undefined) return asked.request;
  const share = x.key === '' ? undefined : x.route;
  return upstreamRequest(startTrip(x, stage, { share }));
}
