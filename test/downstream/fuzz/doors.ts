import type { Socket } from 'node:net';
import type { Inside } from '../../../src/downstream/door.ts';
import { createFastDoor } from '../../../src/downstream/fast-door.ts';
import { keptFields } from '../../../src/policy/fields.ts';
import type { RequestHead } from '../../../src/policy/request.ts';
import type { Downstream } from '../../../src/proxy/ports.ts';
import type { Random } from '../../faults/checker/random.ts';
import { falseClaim } from './claims.ts';
import { type MemorySocket, memorySocket } from './memory-socket.ts';
import type { Stream } from './stream.ts';
import { headText, SETTINGS } from './told.ts';

/** What became of one stream at the fast door. */
export interface Outcome {
  readonly stream: Stream;
  /** What was told inside, in its order. */
  readonly heads: readonly string[];
  /** What was given to node:http, from its first byte on; undefined: nothing was, it is still the fast door's. */
  readonly handedOn: string | undefined;
  /** All that was answered. */
  readonly answers: string;
  readonly ended: boolean;
  /** What it said of a head that is not so. */
  readonly falseClaim: string | undefined;
}

/** A mistake that a door could make, made on its outside; by default there is none. */
export interface Flaw {
  /** What the door reads instead of these bytes; of the same length. */
  readonly reads?: (bytes: string) => string;
  /** What it makes of a head. */
  readonly tells?: (head: RequestHead) => RequestHead;
  /** What it gives to node:http instead of these bytes. */
  readonly handsOn?: (bytes: string) => string;
}

interface Connection {
  readonly stream: Stream;
  readonly memory: MemorySocket;
  readonly heads: (string | RequestHead)[];
  fed: number;
  handedOn: string | undefined;
  falseClaim: string | undefined;
  /** Whoever has not been answered yet. */
  answer: (() => void) | undefined;
}

/** The fast door with clients that are played from streams, all on their connections at once. */
export function createStage(flaw: Flaw = {}) {
  const connections = new Map<string, Connection>();
  let random: Random;
  const at = (address: string | undefined): Connection => {
    const connection = connections.get(address ?? '');
    if (connection === undefined) throw new Error(`nobody is at ${address}`);
    return connection;
  };
  const inside: Inside = {
    refused: (_refusal, method, target) => {
      throw new Error(`the fast door refused ${method} ${target}`);
    },
    upgrade: () => {
      throw new Error('the fast door switched protocols');
    },
    handle(_id, head, downstream) {
      const connection = at(downstream.clientAddress);
      const told = flaw.tells?.(head) ?? head;
      const number = connection.heads.length;
      connection.falseClaim ??= falseClaim(told);
      // Some are looked at as late as a background revalidation does.
      connection.heads.push(random.chance(0.5) ? told : headText(told));
      if (connection.answer !== undefined) throw new Error('two requests of one connection are under way');
      const answer = () => answerWith(downstream, number, random);
      if (random.chance(0.75)) answer();
      else connection.answer = answer;
    },
  };
  const passOn = (socket: Socket): void => {
    const connection = at(socket.remoteAddress);
    if (connection.answer !== undefined) throw new Error('handed on while an answer was under way');
    connection.handedOn = '';
    socket.on('data', (bytes: Buffer) => {
      connection.handedOn += bytes.toString('latin1');
    });
  };
  const door = createFastDoor(SETTINGS, inside, { passOn, now: () => Date.UTC(2026, 10, 23) });
  const reads = flaw.reads ?? ((bytes: string) => bytes);

  const feed = (connection: Connection): void => {
    const piece = connection.stream.pieces[connection.fed++];
    // Whoever reads behind the fast door reads what really came.
    if (piece !== undefined) connection.memory.feed(connection.handedOn === undefined ? reads(piece) : piece);
  };
  const release = (connection: Connection): void => {
    const { answer } = connection;
    connection.answer = undefined;
    answer?.();
  };

  return async (streams: readonly Stream[], chance: Random): Promise<readonly Outcome[]> => {
    random = chance;
    connections.clear();
    const all = streams.map((stream, i): Connection => {
      const memory = memorySocket(`${i}`, random.chance(0.1));
      const none = { handedOn: undefined, falseClaim: undefined, answer: undefined };
      const connection = { stream, memory, heads: [], fed: 0, ...none };
      connections.set(`${i}`, connection);
      door.take(memory.socket);
      return connection;
    });
    let open = [...all];
    while (open.length > 0) {
      for (const connection of open) {
        if (connection.answer !== undefined && random.chance(0.5)) release(connection);
        if (random.chance(0.7)) feed(connection);
      }
      open = open.filter(({ fed, stream }) => fed < stream.pieces.length);
      if (random.chance(0.3)) await turn();
    }
    // A client that takes its answers late has its next request read late.
    do {
      for (const connection of all) release(connection);
      await turn();
    } while (all.some(({ answer, memory }) => answer !== undefined || memory.socket.writableLength > 0));
    return all.map((connection) => outcomeOf(connection, flaw));
  };
}

function outcomeOf({ stream, memory, heads, handedOn, falseClaim }: Connection, flaw: Flaw): Outcome {
  const bytes = stream.pieces.join('');
  // What a flawed door read there is not what it is asked for.
  const isFlawed = handedOn !== undefined && flaw.reads !== undefined;
  const given = isFlawed ? bytes.slice(bytes.length - handedOn.length) : handedOn;
  const { sent: answers, ended } = memory;
  memory.cut();
  return {
    stream,
    heads: heads.map((head) => (typeof head === 'string' ? head : headText(head))),
    handedOn: given === undefined ? undefined : (flaw.handsOn?.(given) ?? given),
    answers,
    ended,
    falseClaim,
  };
}

const LARGE = Buffer.alloc(20_000, 'x');

/** In one of the ways in which answers come, with its number among those of its connection. */
function answerWith(downstream: Downstream, number: number, random: Random): void {
  const fields = ['X-Number', `${number}`];
  const signature = { cacheStatus: 'cacheside; hit', requestId: `id-${number}`, age: number };
  const body = random.chance(0.05) ? LARGE : Buffer.from('a body');
  const status = random.pick([200, 200, 200, 404, 204, 304]);
  if (random.chance(0.7))
    return downstream.send(
      status,
      keptFields([...fields, 'Content-Length', `${body.length}`]),
      signature,
      body,
    );
  downstream.begin(status, fields, signature);
  downstream.write(body);
  downstream.end();
}

/** Long enough that whatever was put off for a turn of the event loop has been done. */
async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
}
