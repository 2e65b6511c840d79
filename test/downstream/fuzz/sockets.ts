import { connect } from 'node:net';
import type { Readable } from 'node:stream';
import type { Door, Inside } from '../../../src/downstream/door.ts';
import { createHttpDoor } from '../../../src/downstream/http-door.ts';
import { keptFields } from '../../../src/policy/fields.ts';
import type { Downstream } from '../../../src/proxy/ports.ts';
import type { Random } from '../../faults/checker/random.ts';
import type { Stream } from './stream.ts';
import { headText, SETTINGS } from './told.ts';

/** The door as clients meet it, over loopback, in front of an inside that answers what it was told. */
export interface Listener {
  readonly door: Door;
  readonly port: number;
  /** Answers that wait; each is let go by whoever plays the clients. */
  readonly waiting: (() => void)[];
  /** Grows with each thing that happened inside. */
  readonly events: () => number;
}

export async function openDoor(fast: boolean): Promise<Listener> {
  const waiting: (() => void)[] = [];
  let events = 0;
  const inside: Inside = {
    refused: () => void events++,
    handle(_id, head, downstream) {
      events++;
      const answer = (body: string) => {
        events++;
        answerWith(downstream, `${headText(head)}\n${body}`, head.method);
      };
      const { requestBody } = downstream;
      if (requestBody !== undefined) read(requestBody, answer);
      // Which of them wait is in what they ask for, so that it is the same at both doors.
      else if (head.path.length % 3 === 0) waiting.push(() => answer(''));
      else answer('');
    },
    upgrade(_id, head, protocol, client, begun) {
      events++;
      let behind = begun.toString('latin1');
      client.on('data', (bytes: Buffer) => {
        events++;
        behind += bytes.toString('latin1');
      });
      client.on('error', () => {});
      waiting.push(() =>
        client.end(`HTTP/1.1 101 Switching\r\n\r\n${protocol}${headText(head)}${behind}`, 'latin1'),
      );
    },
  };
  const door = createHttpDoor({ ...SETTINGS, fast }, inside);
  const { port } = await door.listen({ host: '127.0.0.1', port: 0 });
  return { door, port, waiting, events: () => events };
}

function read(body: Readable, answer: (text: string) => void): void {
  let text = '';
  body.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  body.on('error', () => {});
  body.on('end', () => answer(text));
}

const FIELDS = ['Date', 'Mon, 23 Nov 2026 03:42:56 GMT', 'X-Odd', '\xe9'];
const LARGE = 'x'.repeat(40_000);
const SIGNATURE = { cacheStatus: 'cacheside; hit', requestId: 'id-1', age: 3 };

function answerWith(downstream: Downstream, told: string, method: string): void {
  // As many ways as answers have, chosen by what was told.
  const way = told.length % 7;
  const body = Buffer.from(way === 5 ? told + LARGE : told, 'latin1');
  const fields = [...FIELDS, 'X-Told', `${body.length}`, 'X-Method', method];
  const length = ['Content-Length', `${body.length}`];
  if (way < 3) return downstream.send(200, keptFields([...fields, ...length]), SIGNATURE, body);
  if (way === 3) return downstream.send(304, keptFields([...fields, 'ETag', '"a"']), SIGNATURE, undefined);
  if (way === 4) return downstream.send(204, keptFields(fields), SIGNATURE, undefined);
  downstream.informational(103, ['Link', '</a>']);
  downstream.begin(way === 6 ? 500 : 200, fields, SIGNATURE);
  downstream.write(body.subarray(0, 10));
  downstream.write(body.subarray(10));
  downstream.end();
}

/** What a client got, and whether the door ended the connection. */
export interface Got {
  readonly text: string;
  /** What of it came once the client had ended its side. */
  readonly atEnd: string;
  readonly ended: boolean;
}

/** Sends all streams, each on a connection of its own, and waits until nothing happens any more. */
export async function sendAll(
  listener: Listener,
  streams: readonly Stream[],
  random: Random,
): Promise<readonly Got[]> {
  let bytes = 0;
  const clients = streams.map((stream) => {
    const socket = connect(listener.port, '127.0.0.1').setNoDelay(true).setEncoding('latin1');
    const client = { stream, socket, sent: 0, text: '', before: Number.POSITIVE_INFINITY, ended: false };
    socket.on('data', (text: string) => {
      bytes += text.length;
      client.text += text;
    });
    const end = () => {
      client.ended = true;
    };
    socket.on('end', end).on('close', end).on('error', end);
    return client;
  });
  const progress = () => bytes + listener.events();
  let open = clients;
  while (open.length > 0) {
    for (const client of open) {
      const piece = client.stream.pieces[client.sent++];
      if (piece !== undefined && client.socket.writable) client.socket.write(piece, 'latin1');
    }
    open = open.filter(({ stream, sent }) => sent < stream.pieces.length);
    await calm(progress, 2);
    if (random.chance(0.3)) letGo(listener);
  }
  do {
    letGo(listener);
    await calm(progress, 8);
  } while (listener.waiting.length > 0);
  for (const client of clients) {
    if (!client.stream.ends || !client.socket.writable) continue;
    client.before = client.text.length;
    client.socket.end();
  }
  await calm(progress, 8);
  for (const { socket } of clients) socket.resetAndDestroy();
  return clients.map(({ text, before, ended }) => ({ text, atEnd: text.slice(before), ended }));
}

function letGo({ waiting }: Listener): void {
  for (const answer of waiting.splice(0)) answer();
}

/** Resolves once nothing happened for some turns of the event loop. */
async function calm(progress: () => number, turns: number): Promise<void> {
  let last = -1;
  for (let still = 0; still < turns; still++) {
    await new Promise(setImmediate);
    if (progress() !== last) still = 0;
    last = progress();
  }
}
