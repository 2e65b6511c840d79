import type { Detail } from '../policy/cache-status.ts';
import type { TraceWord } from '../policy/trace.ts';

/** The upstream's last answer, and what each of its words means to this cache. */
export interface UpstreamView {
  /** `memory`, `redis`: as it was stored. `unstored`: remembered, since it was not stored, or not looked up. */
  readonly from: 'memory' | 'redis' | 'unstored';
  /** When it arrived, or was last validated. */
  readonly at: number;
  readonly status: number;
  /** The fields that decide, by name in lower case; of Set-Cookie the names alone. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly directives: readonly DirectiveMeaning[];
  /** What is decided of it under the route of now. */
  readonly verdict: {
    readonly kind: 'store' | 'pass';
    /** Why it is not stored. */
    readonly detail: Detail | null;
    readonly subject: string | null;
    /** ms; null where it is not stored. */
    readonly lifetime: number | null;
    /** What beside RFC 9111 and Cache-Control had a say. */
    readonly reasons: readonly TraceWord[];
  };
}

/** One word of the upstream. */
export interface DirectiveMeaning {
  /** The field it stands in, in lower case; `status` for the status itself, `framing` for how the body ends. */
  readonly field: string;
  /** As it was written: `max-age=60`, `private`. */
  readonly text: string;
  /** What it means here. */
  readonly means: string;
  /** Such as `RFC 9111 §5.2.2.1`; null where there is none. */
  readonly rfc: string | null;
  readonly effect: /** It lets the response be stored, or be used for longer. */
    | 'allows'
    /** It is why the response is not stored, or for how long. */
    | 'forbids'
    | 'limits'
    /** It does not bear on the decision. */
    | 'none'
    /** The rule, or a field that goes before it, has it not count. */
    | 'overridden';
  /** By which setting or field, where it is overridden: `origin: ignore`. */
  readonly by: string | null;
}
