import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Schedule } from './ground.ts';
import { PEER_NAMES, type PeerId } from './peer.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { OWN_TREE, VARIANTS, type VariantId } from './server-under-test.ts';

const LONG: Schedule = { rounds: 5, seconds: 2, warmUp: 2, connections: 64 };
const QUICK: Schedule = { rounds: 2, seconds: 1, warmUp: 1, connections: 64 };

/** What a run is told to do. */
export interface Options {
  readonly schedule: Schedule;
  readonly scenarios: readonly Scenario[];
  readonly peers: readonly PeerId[];
  /** undefined: those that each scenario wants. */
  readonly variants: readonly VariantId[] | undefined;
  readonly tree: string;
  readonly against: readonly string[];
  readonly list: boolean;
  readonly updateDocs: boolean;
}

export const USAGE = `npm run bench -- [options]
  --list               name scenarios, peers and variants, and end
  --quick              short rounds: a first impression
  --scenario NAME      this one alone; may be repeated, as may the next three
  --peer NAME          these peers alone; "none": Cacheside alone
  --variant NAME       these variants of Cacheside alone
  --against DIR        measure DIR/bin/cacheside too, such as an older build
  --tree DIR           measure DIR/bin/cacheside instead of what is built here
  --rounds N           rounds of each scenario
  --seconds N          length of a round
  --update-docs        write the tables into docs/performance.md; needs a whole run
  --help`;

const SEVERAL = { type: 'string', multiple: true, default: [] as string[] } as const;

/** @throws Error with what can be chosen where a name is not known */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      list: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      scenario: SEVERAL,
      peer: SEVERAL,
      variant: SEVERAL,
      against: SEVERAL,
      tree: { type: 'string', default: OWN_TREE },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      'update-docs': { type: 'boolean', default: false },
    },
  });
  const { scenario, peer, variant, against, rounds, seconds, quick } = values;
  const updateDocs = values['update-docs'];
  if (updateDocs && (quick || [scenario, peer, variant].some(({ length }) => length > 0))) {
    throw new Error('--update-docs needs a whole run: leave out --quick, --scenario, --peer and --variant');
  }
  const usual = quick ? QUICK : LONG;
  const names = choose(
    scenario,
    SCENARIOS.map(({ name }) => name),
    'scenario',
  );
  return {
    schedule: {
      ...usual,
      rounds: positive(rounds, usual.rounds, '--rounds'),
      seconds: positive(seconds, usual.seconds, '--seconds'),
    },
    scenarios: SCENARIOS.filter(({ name }) => names.includes(name)),
    peers: peer.includes('none') ? [] : choose(peer, Object.keys(PEER_NAMES) as PeerId[], 'peer'),
    variants:
      variant.length === 0 ? undefined : choose(variant, Object.keys(VARIANTS) as VariantId[], 'variant'),
    tree: treeOf(values.tree),
    against: against.map(treeOf),
    list: values.list,
    updateDocs,
  };
}

function choose<Name extends string>(
  chosen: readonly string[],
  known: readonly Name[],
  what: string,
): readonly Name[] {
  const unknown = chosen.find((name) => !(known as readonly string[]).includes(name));
  if (unknown !== undefined) {
    const all = known.map((name) => `"${name}"`).join(', ');
    throw new Error(`There is no ${what} "${unknown}"; there are ${all}`);
  }
  return chosen.length === 0 ? known : known.filter((name) => chosen.includes(name));
}

function positive(text: string | undefined, usual: number, option: string): number {
  if (text === undefined) return usual;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`${option} takes a whole number above 0, not "${text}"`);
}

function treeOf(folder: string): string {
  const tree = resolve(folder);
  if (existsSync(join(tree, 'bin/cacheside')) && existsSync(join(tree, 'dist'))) return tree;
  throw new Error(`${tree} has no bin/cacheside with a dist beside it: npm run build there`);
}
