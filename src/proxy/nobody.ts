import type { Downstream } from './ports.ts';

/** The client of an exchange that Cacheside makes for itself: takes everything, keeps nothing. */
export function createNobody(): Downstream {
  return {
    requestBody: undefined,
    clientAddress: undefined,
    closed: false,
    begun: false,
    informational() {},
    send() {},
    begin() {},
    write: () => true,
    end() {},
    destroy() {},
    onDrain: undefined,
    onClosed: undefined,
  };
}
