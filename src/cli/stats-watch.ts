import { setTimeout as delay } from 'node:timers/promises';
import type { LiveEvent } from '../admin/live-event.ts';
import type { AdminClient } from './admin-client.ts';
import { unreachable } from './admin-refusal.ts';
import { CommandError } from './command-error.ts';
import { readEvents } from './event-stream.ts';
import { plainLine } from './stats-plain.ts';
import { createScreen, isInteractive } from './stats-screen.ts';
import type { Terminal } from './terminal.ts';

export interface WatchOptions {
  /** ms. */
  readonly interval: number;
  readonly isJson: boolean;
}

/** Shows what comes. */
export interface View {
  /** `text`: the event as it was sent. */
  show(event: LiveEvent, text: string): void;
  /** The sidecar does not answer any more; it is asked again. Throws where that is not wanted. */
  lost(error: unknown): void;
  close(): void;
}

/** Between two attempts; ms. */
const AGAIN = 1_000;
/** Events that may stay out before the connection counts as lost. */
const MISSED = 5;

/** Follows `GET /live` until somebody ends it. Throws a CommandError where it cannot be had, and away from a terminal where it ends. */
export async function watchStats(
  client: AdminClient,
  { interval, isJson }: WatchOptions,
  terminal: Terminal,
): Promise<void> {
  const quit = new AbortController();
  const signal = AbortSignal.any([terminal.ended(), quit.signal]);
  const view =
    isInteractive(terminal) && !isJson
      ? await createScreen(client.access.url, interval, terminal, () => quit.abort())
      : createPrint(isJson, terminal);
  let isFirst = true;
  try {
    while (!signal.aborted) {
      try {
        for await (const [event, text] of follow(client, interval, signal)) {
          isFirst = false;
          view.show(event, text);
        }
        throw new CommandError(`${client.access.url.origin} ended the stream – has Cacheside stopped?`);
      } catch (error) {
        if (signal.aborted) break;
        // What is refused at first will be refused again.
        if (isFirst) throw error;
        view.lost(error);
      }
      await delay(AGAIN, undefined, { signal }).catch(() => {});
    }
  } finally {
    view.close();
  }
}

async function* follow(
  client: AdminClient,
  interval: number,
  signal: AbortSignal,
): AsyncGenerator<readonly [LiveEvent, string]> {
  const timeout = Math.max(client.access.timeout, MISSED * interval);
  const path = `/live?interval=${interval}`;
  const body = await client.open({ method: 'GET', path, timeout, signal }, 'text/event-stream');
  try {
    for await (const { event, data } of readEvents(body.setEncoding('utf8'))) {
      if (event === 'live') yield [JSON.parse(data), data];
    }
  } catch (error) {
    throw unreachable(client.access, error, timeout);
  }
}

/** For scripts and files: a line an event. */
function createPrint(isJson: boolean, { stdout }: Terminal): View {
  return {
    show(event, text) {
      // The first has nothing to tell but what was before.
      if (isJson) stdout.write(`${text}\n`);
      else if (event.window.duration > 0) stdout.write(`${plainLine(event)}\n`);
    },
    lost(error) {
      throw error;
    },
    close() {},
  };
}
