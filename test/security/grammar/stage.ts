import type { Random } from '../../faults/checker/random.ts';
import { type Sidecar, startSidecar } from '../../fixtures/sidecar.ts';
import { calm, openClient } from './clients.ts';
import { DOOR } from './leniencies.ts';
import { pathsOf } from './placeholders.ts';
import { type Recorded, type RecordingUpstream, startRecordingUpstream } from './recording-upstream.ts';
import { type Reading, readRequests } from './request-reader.ts';

/** What one client sends, as latin1. */
export interface Stream {
  readonly id: string;
  readonly pieces: readonly string[];
}

/** What became of a stream. */
export interface Played {
  readonly stream: Stream;
  /** What a strict reader finds in it. */
  readonly reading: Reading;
  readonly got: string;
  /** As much of it came before the client ended its side. */
  readonly gotBefore: number;
  /** Whether the connection had ended before the client ended its side, and once it had. */
  readonly endedItself: boolean;
  readonly ended: boolean;
}

/** What became of those that were under way together. */
export interface Batch {
  readonly played: readonly Played[];
  /** What a client of its own asked for meanwhile, and afterwards, and all that it was told. */
  readonly clean: readonly string[];
  readonly cleanGot: string;
  readonly upstream: readonly Recorded[];
  /** What was logged that must never be. */
  readonly faults: readonly unknown[];
}

export interface StageSettings {
  readonly fastDoor: boolean;
  readonly fastReader: boolean;
  readonly connections: number;
  /** The upstream answers before it has a request's body. */
  readonly answersEarly?: boolean;
}

/** A sidecar between clients and an upstream that records. */
export interface Stage {
  readonly id: string;
  /** `looksAfter`: for this share of the streams, what they leave in the cache is looked at. */
  play(streams: readonly Stream[], random: Random, looksAfter: number): Promise<Batch>;
  close(): Promise<void>;
}

export async function openStage(settings: StageSettings): Promise<Stage> {
  const { fastDoor, fastReader, connections, answersEarly = false } = settings;
  const upstream = await startRecordingUpstream(answersEarly);
  const sidecar = await startSidecar(
    '',
    `fast-door: ${fastDoor}\nupstream: { url: '${upstream.url}', fast-reader: ${fastReader}, connections: ${connections} }\n`,
  );
  const door = fastDoor ? 'fast door' : 'node:http';
  return {
    id: `${door}, ${fastReader ? 'fast reader' : 'undici'}, ${connections} connections${answersEarly ? ', early answers' : ''}`,
    play: (streams, random, looksAfter) => play(sidecar, upstream, streams, random, looksAfter),
    async close() {
      await sidecar.close();
      await upstream.close();
    },
  };
}

let asked = 0;

async function play(
  sidecar: Sidecar,
  upstream: RecordingUpstream,
  streams: readonly Stream[],
  random: Random,
  looksAfter: number,
): Promise<Batch> {
  upstream.forget();
  let events = 0;
  const progress = () => events + upstream.bytes;
  const onProgress = () => void events++;
  const clients = streams.map((stream) => ({
    stream,
    reading: readRequests(stream.pieces.join(''), DOOR),
    client: openClient(sidecar.port, onProgress),
    sent: 0,
    gotBefore: 0,
    endedItself: false,
  }));
  const clean = openClient(sidecar.port, onProgress);
  const cleanPaths: string[] = [];
  const askCleanly = (path: string): void => {
    cleanPaths.push(path);
    clean.send(`GET ${path} HTTP/1.1\r\nHost: a.test\r\nX-Request-Id: clean-${cleanPaths.length}\r\n\r\n`);
  };

  for (let open = clients; open.length > 0; ) {
    for (const one of open) one.client.send(one.stream.pieces[one.sent++] ?? '');
    open = open.filter(({ stream, sent }) => sent < stream.pieces.length);
    if (open.length === 0 || random.chance(0.2)) askCleanly(`/clean${asked++}`);
    await calm(progress, 2);
  }
  await calm(progress, 6);
  // Whoever keeps a connection to the upstream with half a body is cut, so that others get on.
  for (const { client, reading } of clients) if (reading.rest === 'more') client.destroy();
  await calm(progress, 6);
  for (const one of clients) {
    one.endedItself = one.client.ended;
    one.gotBefore = one.client.text.length;
    one.client.end();
  }
  await calm(progress, 6);
  // Afterwards nobody finds anything there but what is stored of lawful requests.
  for (const { stream } of clients.filter(() => random.chance(looksAfter)))
    for (const path of pathsOf(stream.pieces.join(''))) askCleanly(path);
  await calm(progress, 6);
  for (const { client } of clients) client.destroy();
  clean.destroy();
  const faults = sidecar.log.filter(({ level }) => Number(level) >= 50);
  return {
    played: clients.map(({ stream, reading, client, gotBefore, endedItself }) => ({
      ...{ stream, reading, gotBefore, endedItself },
      got: client.text,
      ended: client.ended,
    })),
    clean: cleanPaths,
    cleanGot: clean.text,
    upstream: upstream.connections,
    faults,
  };
}
