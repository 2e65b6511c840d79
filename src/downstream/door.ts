import type { Duplex } from 'node:stream';
import type { Address } from '../address.ts';
import type { RequestHead } from '../policy/request.ts';
import type { Downstream } from '../proxy/ports.ts';
import type { DrainTimes } from './drain.ts';
import type { Refusal } from './refusal.ts';
import type { HeadLimits } from './request-head.ts';

/** What clients may do; durations in ms, sizes in bytes. */
export interface DoorSettings extends HeadLimits {
  readonly headTimeout: number;
  /** Within this long a request's body brings `requestProgress` bytes, or its end. */
  readonly requestTimeout: number;
  readonly requestProgress: number;
  readonly keepAlive: number;
  readonly stallTimeout: number;
  readonly maxHead: number;
  readonly maxConnections: number;
  /** Whether the fast door stands in front of node:http. */
  readonly fast: boolean;
}

/** Where the door leads to. */
export interface Inside {
  /** Told of each request that was answered at the door; what of it could not be read is empty. */
  refused(refusal: Refusal, method: string, target: string): void;
  handle(id: string, request: RequestHead, downstream: Downstream): void;
  /** `head`: bytes the client sent behind the request's head. */
  upgrade(
    id: string,
    request: RequestHead,
    protocol: string,
    client: Duplex,
    head: Buffer,
    clientAddress: string | undefined,
  ): void;
}

/** A listener for clients. */
export interface Door {
  /** Resolves with the address listened on. Throws what listen throws (EADDRINUSE, EACCES …). */
  listen(address: Address): Promise<Address>;
  /** See `drain`. Called again with shorter times, it ends sooner. */
  drain(times: DrainTimes): Promise<void>;
}
