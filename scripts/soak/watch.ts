import { type Side, type Use, useOf } from './side.ts';

/** How much more the last quarter may take than the second one, when all that fills was full. */
const MAY_GROW = { share: 0.05, rss: 8, descriptors: 8 };

export interface Watch {
  /** Looks once. */
  look(): Use;
  /** What grew; empty where nothing did. Of descriptors the fewest of a quarter count: faults and crowds come and go. */
  growth(): readonly string[];
  readonly summary: string;
}

/** Watches what the process of a sidecar takes. */
export function watchSide({ child }: Side): Watch {
  const seen: Use[] = [];
  const quarter = (index: number): readonly Use[] =>
    seen.slice(Math.floor((seen.length * index) / 4), Math.floor((seen.length * (index + 1)) / 4));
  const rss = (index: number) => median(quarter(index).map((use) => use.rss));
  const descriptors = (index: number) => Math.min(...quarter(index).map((use) => use.descriptors));
  const told = (name: string, of: (index: number) => number) =>
    `${name} by quarters ${[0, 1, 2, 3].map((index) => Math.round(of(index))).join(', ')}`;
  return {
    look() {
      const use = useOf(child);
      seen.push(use);
      return use;
    },
    growth() {
      const grew: string[] = [];
      if (rss(3) > rss(1) * (1 + MAY_GROW.share) + MAY_GROW.rss) grew.push(told('RSS, MiB,', rss));
      if (descriptors(3) > descriptors(1) + MAY_GROW.descriptors) grew.push(told('descriptors', descriptors));
      return grew;
    },
    get summary() {
      return `${told('RSS, MiB,', rss)}; ${told('fewest descriptors', descriptors)}`;
    },
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
