import type { OutcomeWord } from '../src/observe/outcome-word.ts';
import type { Paths } from './load-generator.ts';
import type { ProgramName } from './programs.ts';

/** What is asked for over and over, what Cacheside has to make of it, and what it is compared with. */
export interface Scenario {
  readonly name: string;
  /** Of the upstream's answers; bytes. */
  readonly bodySize: number;
  /** The upstream's Cache-Control. */
  readonly cacheControl: string;
  /** The memory tier's limit, or `off`. */
  readonly memory: string;
  readonly redis: boolean;
  /** `turn` is different for each measurement of one scenario. */
  paths(turn: number): Paths;
  /** A path that is answered as those of the load are, once it has been asked for `primed` times. */
  readonly sample: string;
  readonly primed: number;
  /** What the sample's Cache-Status (RFC 9211) then says. */
  readonly cacheStatus: RegExp;
  /** What `/stats` counts each request as. */
  readonly outcome: OutcomeWord;
  readonly peer: ProgramName & `peer-${string}`;
}

const FRESH = 'public, max-age=600';

const hit = {
  cacheControl: FRESH,
  memory: '64MiB',
  redis: false,
  paths: () => ({ kind: 'one', path: '/products/42' }),
  sample: '/products/42',
  primed: 1,
  cacheStatus: /^cacheside; hit; .*detail=memory$/,
  outcome: 'hit',
  peer: 'peer-bare',
} as const satisfies Partial<Scenario>;

export const SCENARIOS: readonly Scenario[] = [
  { ...hit, name: 'hit 1 KiB', bodySize: 1024 },
  { ...hit, name: 'hit 100 KiB', bodySize: 100 * 1024 },
  {
    ...hit,
    name: 'miss, stored',
    bodySize: 1024,
    paths: (turn) => ({ kind: 'new', prefix: `/products/${turn}-` }),
    primed: 0,
    cacheStatus: /^cacheside; fwd=uri-miss; fwd-status=200; stored; /,
    outcome: 'miss',
    peer: 'peer-forwarding',
  },
  {
    ...hit,
    name: 'revalidation',
    bodySize: 1024,
    // Always stale (RFC 9111 §5.2.2.4), and enough of them that no two requests meet at one.
    cacheControl: 'no-cache',
    paths: () => ({ kind: 'cycle', prefix: '/products/', count: 1000 }),
    cacheStatus: /^cacheside; fwd=stale; fwd-status=304; stored;/,
    outcome: 'revalidated',
    peer: 'peer-forwarding',
  },
  {
    ...hit,
    name: 'Redis hit 1 KiB',
    bodySize: 1024,
    memory: 'off',
    redis: true,
    cacheStatus: /^cacheside; hit; .*detail=redis$/,
    peer: 'peer-redis',
  },
];
