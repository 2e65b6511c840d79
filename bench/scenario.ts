import type { OutcomeWord } from '../src/observe/outcome-word.ts';
import type { PeerId } from './peer.ts';
import type { RequestPlan } from './request-plan.ts';
import type { VariantId } from './server-under-test.ts';

/** Least and most of something. */
export type Bounds = readonly [least: number, most: number];

/** What the benchmark's upstream answers (upstream.ts). */
export interface UpstreamSettings {
  /** Of bodies: bytes, or `LEAST-MOST`. */
  readonly size: string;
  readonly cacheControl: string;
  /** Before each answer; ms. */
  readonly delay: number;
}

/** What is asked for over and over, what Cacheside has to make of it, and what it is compared with. */
export interface Scenario {
  readonly name: string;
  /** What happens, for readers of the page. */
  readonly about: string;
  readonly trial: Trial;
  readonly upstream: UpstreamSettings;
  /** Limit of each memory tier, in MiB; 0: off. */
  readonly memory: number;
  readonly redis: boolean;
  plan(): RequestPlan;
  /** Asked for once by all servers before they are measured. */
  readonly primed: readonly string[];
  /** A path that is answered as those of the load are, with the fields of the plan. */
  readonly sample: string;
  readonly status: 200 | 304;
  /** What the sample's Cache-Status (RFC 9211) then says. */
  readonly cacheStatus: RegExp;
  /** What `/stats` counts each request as. */
  readonly outcomes: readonly OutcomeWord[];
  /** Upstream requests for each request. */
  readonly upstreamShare: Bounds;
  /** Bytes of an answer, head and body, on average. */
  readonly answerBytes: Bounds;
  readonly variants: readonly VariantId[];
  readonly peers: readonly PeerId[];
}

/** How it is measured. */
export type Trial =
  /** Connections that ask again as soon as they are answered; 64 where the number is left out. */
  | { readonly kind: 'saturated'; readonly connections?: number }
  /** `rate` requests a second, whatever the answers do. */
  | { readonly kind: 'paced'; readonly rate: number; readonly connections: number }
  /** All connections ask for the same path at once, and it is not stored. */
  | { readonly kind: 'stampede'; readonly connections: number }
  /** From the command to the first answer. */
  | { readonly kind: 'start' }
  /** More is offered than fits: the plan's paths, each once. */
  | { readonly kind: 'overfull' };
