import type { Random } from '../../faults/checker/random.ts';
import { misframed } from './answers.ts';
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

const OFFER = /(?<=\n)upgrade(?=:\s*h2c\r\n)/gi;

/** node's parser takes a tab behind some values for a part of them; whoever reads the head again does not see it. */
const TAB = /(?:transfer-encoding|connection)[^\n]*\t[ \t]*\r\n/i;

const isOffering = (text: string): boolean => text.search(OFFER) >= 0 && !TAB.test(text);

/** The same, cut at the same places, where nobody is offered h2c; no Trailer goes beyond its hop, either. */
function withoutOffer({ pieces, ...stream }: Stream): Stream {
  const text = pieces.join('').replaceAll(OFFER, 'Trailer');
  let at = 0;
  const cut = pieces.map(({ length }) => {
    at += length;
    return text.slice(at - length, at);
  });
  return { ...stream, pieces: cut };
}

export interface Doors {
  /**
   * Why the first stream that got something else from one door than from the other did, or no answers. Streams that
   * switch protocols are left out: node:http cuts those whose answers before are under way, the fast door ends those
   * first. To offer h2c is no switch, and is answered as if it were not offered.
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
      const streams = all.filter(({ pieces }) => !/upgrade[^:]*:(?!\s*h2c\r\n)/i.test(pieces.join('')));
      const byFast = await sendAll(fast, streams, random);
      const byNode = await sendAll(node, streams, random);
      const tell = (why: string, { pieces }: Stream) => `${why}\nin ${JSON.stringify(pieces)}`;
      for (const [at, stream] of streams.entries()) {
        const why = difference(byFast[at] as Got, byNode[at] as Got);
        if (why !== undefined) return tell(why, stream);
      }
      const offering = streams.filter(({ pieces }) => isOffering(pieces.join('')));
      const withOffer = byNode.filter((_, at) => offering.includes(streams[at] as Stream));
      const without = await sendAll(node, offering.map(withoutOffer), random);
      for (const [at, stream] of offering.entries()) {
        const why = difference(withOffer[at] as Got, without[at] as Got, ['offered', 'not offered']);
        if (why !== undefined) return tell(why, stream);
      }
      return undefined;
    },
    async close() {
      await Promise.all([fast, node].map(({ door }) => door.drain({ delay: 0, within: 0 })));
    },
  };
}

function difference(
  one: Got,
  other: Got,
  [first, second] = ['the fast door', 'node:http'],
): string | undefined {
  for (const { text } of [one, other]) {
    const why = misframed(text);
    if (why !== undefined) return why;
  }
  const [a, b] = [plain(one.text), plain(other.text)];
  if (a === b) {
    if (one.ended !== other.ended) return `only ${one.ended ? first : second} ends the connection`;
    // Nothing is under way then, so that both can say why.
    const [atEnd, atOthersEnd] = [one.atEnd.slice(0, 12), other.atEnd.slice(0, 12)];
    return atEnd === atOthersEnd
      ? undefined
      : `who ends is told ${atEnd} by ${first}, ${atOthersEnd} by ${second}`;
  }
  let at = 0;
  while (a[at] === b[at]) at++;
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 300), at + 300));
  return `from ${at} on\n${first}: ${around(a)}\n${second}: ${around(b)}`;
}
