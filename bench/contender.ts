import { basename, join } from 'node:path';
import type { Ground } from './ground.ts';
import { PEER_NAMES, type PeerId, type PeerSettings, startPeer } from './peer.ts';
import type { Scenario } from './scenario.ts';
import { type RunningServer, startCacheside, VARIANTS } from './server-under-test.ts';

/** A server that takes part in a scenario, before it runs. */
export interface Contender {
  readonly name: string;
  readonly isCacheside: boolean;
  /** undefined: not a server, but a loop of commands. */
  start: ((settings: ContenderSettings) => Promise<ServerInPlace>) | undefined;
}

export interface ServerInPlace extends RunningServer {
  /** undefined: not Cacheside. */
  readonly adminUrl: string | undefined;
}

export type ContenderSettings = Pick<PeerSettings, 'upstreamUrl' | 'redisUrl' | 'shownUrl'>;

/** Cacheside's variants, those of other trees, then the peers. */
export function contendersOf(scenario: Scenario, ground: Ground): Contender[] {
  const trees = [ground.tree, ...ground.against];
  const variants = ground.variants ?? scenario.variants;
  const own = trees.flatMap((tree) => variants.map((id) => cacheside(tree, VARIANTS[id], scenario, ground)));
  const peers = scenario.peers.filter((id) => ground.peers.has(id));
  return [...own, ...peers.map((id) => peer(id, scenario, ground))];
}

function cacheside(
  tree: string,
  { name, ...switches }: (typeof VARIANTS)[keyof typeof VARIANTS],
  { memory }: Scenario,
  { cores, tree: measured }: Ground,
): Contender {
  const start = ({ upstreamUrl, redisUrl }: ContenderSettings) =>
    startCacheside({ tree, upstreamUrl, redisUrl, memory, ...switches }, cores?.server);
  return { name: tree === measured ? name : `${name} (${basename(tree)})`, isCacheside: true, start };
}

let folders = 0;

function peer(id: PeerId, { memory, upstream }: Scenario, { programs, cores, folder }: Ground): Contender {
  const fixed = { name: PEER_NAMES[id], isCacheside: false };
  if (id === 'ioredis-loop') return { ...fixed, start: undefined };
  const start = async (settings: ContenderSettings) => {
    const largestBody = Number(upstream.size.split('-').at(-1));
    const limits = { memory: memory * 2 ** 20, largestBody };
    const own = { programs, ...limits, folder: join(folder, `${id}-${folders++}`) };
    const server = await startPeer(id, { ...settings, ...own }, cores?.server);
    return { ...server, adminUrl: undefined };
  };
  return { ...fixed, start };
}
