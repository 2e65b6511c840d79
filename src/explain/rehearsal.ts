import { PassThrough, Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { UpstreamError } from '../errors.ts';
import type { Outcome } from '../observe/outcome.ts';
import type { CacheStatus } from '../policy/cache-status.ts';
import type { RequestHead } from '../policy/request.ts';
import type { TraceWord } from '../policy/trace.ts';
import { createExchange, type Exchange } from '../proxy/exchange.ts';
import { createNobody } from '../proxy/nobody.ts';
import { handle } from '../proxy/pipeline.ts';
import type {
  Downstream,
  OpenTunnel,
  Signature,
  Upstream,
  UpstreamHead,
  UpstreamListener,
  UpstreamRequest,
} from '../proxy/ports.ts';
import type { Sidecar } from '../proxy/sidecar.ts';
import { upgrade } from '../proxy/upgrade.ts';
import { createStage, type Playhouse } from './stage.ts';

/** A request to be rehearsed. */
export interface Part {
  readonly id: string;
  readonly request: RequestHead;
  readonly hasBody: boolean;
  /** It wants to switch protocols. */
  readonly isUpgrade: boolean;
}

/** What came of a rehearsal. */
export interface Rehearsal {
  readonly x: Exchange;
  readonly stage: Sidecar;
  /** As things stood when the upstream was asked; undefined: it was not. */
  readonly asked:
    | { readonly cache: CacheStatus; readonly trace: readonly TraceWord[]; readonly request: UpstreamRequest }
    | undefined;
  readonly waitsFor: 'turn' | 'flight' | undefined;
  /** A renewal in the background was sent. */
  readonly renews: boolean;
  /** What the client got; undefined: it waits, or nobody knows. */
  readonly answer: { readonly status: number; readonly cacheStatus: string } | undefined;
  readonly outcome: Outcome | undefined;
}

/** How the upstream plays its part: it cannot be reached, or answers so to whatever it is asked. */
export type UpstreamPart = 'fails' | ((asked: UpstreamRequest) => UpstreamHead);

/**
 * Sends a request down the very pipeline that requests go down, on a stage of its own. It takes no longer than Redis does
 * to answer. Throws what a mistake of ours broke it off with.
 */
export async function rehearse(
  house: Playhouse,
  { id, request, hasBody, isUpgrade }: Part,
  part: UpstreamPart,
): Promise<Rehearsal> {
  let asked: Rehearsal['asked'];
  let answer: Rehearsal['answer'];
  let outcome: Outcome | undefined;
  let waitsFor: Rehearsal['waitsFor'];
  let renews = false;
  let fault: { readonly error: unknown } | undefined;
  let isOver = () => {};
  const over = new Promise<void>((resolve) => {
    isOver = resolve;
  });

  const upstream: Upstream = {
    send(sent, listener) {
      if (outcome !== undefined) {
        renews = true;
        end(listener);
      } else if (asked === undefined) {
        asked = { cache: x.cache, trace: [...x.trace], request: sent };
        setImmediate(play, part, sent, listener);
      } else {
        // Asked a second time, for something that nobody knows the answer to.
        end(listener);
        setImmediate(isOver);
      }
      return { resume() {}, abort() {} };
    },
    close: async () => {},
  };
  const stage = createStage(house, upstream, {
    onTurn() {
      waitsFor = 'turn';
    },
    onFollow() {
      waitsFor = 'flight';
      setImmediate(isOver);
    },
    onFault(error) {
      fault = { error };
      isOver();
    },
  });
  const answered = (status: number, { cacheStatus }: Signature): void => {
    answer ??= { status, cacheStatus };
  };
  const x = createExchange(id, request, client(hasBody, answered), house.clock.monotonic(), (finished) => {
    outcome = finished;
    setImmediate(isOver);
  });
  if (isUpgrade) {
    const open: OpenTunnel = (sent, told) => {
      asked = { cache: x.cache, trace: [...x.trace], request: sent };
      told.onRefused(502);
      told.onClosed(0);
    };
    const nowhere = { protocol: '', client: new PassThrough(), head: Buffer.alloc(0) };
    upgrade(x, stage, open, nowhere, () => {});
  } else handle(x, stage);
  await over;
  // What is begun behind an answer is begun by now.
  await nextTurn();
  if (fault !== undefined) throw fault.error;
  return { x, stage, asked, waitsFor, renews, answer, outcome };
}

function client(hasBody: boolean, answered: (status: number, signature: Signature) => void): Downstream {
  return {
    ...createNobody(),
    requestBody: hasBody ? Readable.from([]) : undefined,
    // Whoever asks from nowhere is Cacheside itself, and gets everything whole.
    clientAddress: '127.0.0.1',
    send: (status, _fields, signature) => answered(status, signature),
    begin: (status, _fields, signature) => answered(status, signature),
  };
}

function play(part: UpstreamPart, sent: UpstreamRequest, listener: UpstreamListener): void {
  if (part === 'fails')
    return listener.onError(new UpstreamError('connect-refused', 'The upstream does not answer.'));
  listener.onHead(part(sent));
  listener.onEnd();
}

/** Its trip is over, and with it what it set a timer for. */
function end(listener: UpstreamListener): void {
  setImmediate(() => listener.onError(new UpstreamError('aborted', 'This was a rehearsal.')));
}
