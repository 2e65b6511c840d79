import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { LiveEvent } from '../../src/admin/live-event.ts';
import { eventually } from '../fixtures/eventually.ts';

/** A stream of `GET /live`, as its client has it. */
export interface LiveStream {
  readonly response: IncomingMessage;
  readonly events: LiveEvent[];
  /** All that came so far. */
  readonly text: () => string;
  /** `end`, or the code of what broke it off; undefined: it goes on. */
  readonly ended: () => string | undefined;
  /** Resolves with the latest event once there are so many. */
  many(count: number): Promise<LiveEvent>;
  leave(): void;
}

/** Opens a stream and reads it, unless it is to be paused. */
export async function openLive(
  t: { teardown(fn: () => unknown): unknown },
  port: number,
  given: { readonly query?: string; readonly token?: string; readonly paused?: boolean } = {},
): Promise<LiveStream> {
  const { query = '', token, paused = false } = given;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { connection: 'keep-alive', ...authorization };
  const client: ClientRequest = request({
    host: '127.0.0.1',
    port,
    path: `/live${query}`,
    headers,
    agent: false,
  });
  t.teardown(() => client.destroy());
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    client.on('response', resolve);
    client.on('error', reject);
    client.end();
  });
  const events: LiveEvent[] = [];
  let text = '';
  let rest = '';
  let ended: string | undefined;
  response.setEncoding('utf8');
  response.on('end', () => {
    ended = 'end';
  });
  response.on('error', ({ code = 'error' }: NodeJS.ErrnoException) => {
    ended = code;
  });
  const take = (chunk: string) => {
    text += chunk;
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) events.push(JSON.parse(part.replace(/^event: live\ndata: /, '')));
  };
  if (paused) response.pause();
  else response.on('data', take);
  return {
    response,
    events,
    text: () => text,
    ended: () => ended,
    async many(count) {
      await eventually(() => events.length >= count);
      return events.at(-1) as LiveEvent;
    },
    leave: () => client.destroy(),
  };
}
