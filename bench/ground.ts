import type { Cores } from './cores.ts';
import type { LoadGenerator } from './load-generator.ts';
import type { PeerId } from './peer.ts';
import type { Programs } from './programs.ts';
import type { VariantId } from './server-under-test.ts';

/** How long and how often; times in s. */
export interface Schedule {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUp: number;
  /** Of a saturated load, where the scenario does not say otherwise. */
  readonly connections: number;
}

/** What all contests of a run share. */
export interface Ground {
  readonly schedule: Schedule;
  readonly cores: Cores | undefined;
  readonly programs: Programs;
  readonly generator: LoadGenerator;
  /** The folder of the bin/cacheside that is measured. */
  readonly tree: string;
  /** Those of others, such as an older one, that are measured beside it. */
  readonly against: readonly string[];
  /** Those that take part, where the scenario wants them. */
  readonly peers: ReadonlySet<PeerId>;
  /** undefined: those that the scenario wants. */
  readonly variants: readonly VariantId[] | undefined;
  /** For what the run writes; in memory where possible. */
  readonly folder: string;
  readonly progress: (line: string) => void;
}
