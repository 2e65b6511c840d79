import type { Random } from '../../faults/checker/random.ts';
import { type Got, openDoor, sendAll } from './sockets.ts';
import type { Stream } from './stream.ts';

/**
 * A problem at the end of a connection. node:http leaves it out while the answer before it is not wholly sent yet, which
 * depends on how the bytes come.
 */
const REFUSAL =
  /HTTP\/1\.1 [45]\d\d [^\r]*\r\n(?:[^\r]+\r\n)*Connection: close\r\n(?:[^\r]+\r\n)*\r\n(?:\{.*\}\n)?$/;
/** node:http has no place for them while an answer before theirs is under way. */
const INFORMATIONAL = /HTTP\/1\.1 10[03] [^\r]*\r\n(?:Link: [^\r]*\r\n)?\r\n/g;

const plain = (text: string): string => text.replaceAll(INFORMATIONAL, '').replace(REFUSAL, '');

export interface Doors {
  /**
   * Why the first stream that got something else from one door than from the other did. Streams that switch protocols
   * are left out: node:http cuts those whose answers before are under way, the fast door ends those first.
   */
  differ(streams: readonly Stream[], random: Random): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Both doors, to be sent the same. */
export async function openDoors(): Promise<Doors> {
  const fast = await openDoor(true);
  const node = await openDoor(false);
  return {
    async differ(all, random) {
      const streams = all.filter(({ pieces }) => !/upgrade/i.test(pieces.join('')));
      const byFast = await sendAll(fast, streams, random);
      const byNode = await sendAll(node, streams, random);
      for (const [at, got] of byFast.entries()) {
        const why = difference(got, byNode[at] as Got);
        if (why !== undefined) return `${why}\nin ${JSON.stringify(streams[at]?.pieces)}`;
      }
      return undefined;
    },
    async close() {
      await Promise.all([fast, node].map(({ door }) => door.drain(0)));
    },
  };
}

function difference(fast: Got, node: Got): string | undefined {
  const [byFast, byNode] = [plain(fast.text), plain(node.text)];
  // node:http may have given up a head that the fast door still waits for.
  if (byFast === byNode)
    return fast.ended && !node.ended ? 'only the fast door ends the connection' : undefined;
  let at = 0;
  while (byFast[at] === byNode[at]) at++;
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 300), at + 300));
  return `from ${at} on\nfast: ${around(byFast)}\nnode: ${around(byNode)}`;
}
