import { type ErrorParts, errorOf, partsOf } from './error-parts.ts';
import type { Notice } from './messages.ts';

/** Questions by name: what is asked, and what is answered. */
type Asks<Of> = { readonly [Kind in keyof Of]: { readonly ask: unknown; readonly answer: unknown } };

export type Answers<Of extends Asks<Of>> = {
  readonly [Kind in keyof Of]: (
    argument: Of[Kind]['ask'],
  ) => Of[Kind]['answer'] | Promise<Of[Kind]['answer']>;
};

/** One end of a line between two processes: notices, and questions with answers. */
export interface Channel<Theirs extends Asks<Theirs>> {
  tell(notice: Notice): void;
  /** Rejects with what the other end threw, or where the answer takes longer than `within` ms. */
  ask<Kind extends keyof Theirs & string>(
    kind: Kind,
    argument: Theirs[Kind]['ask'],
    within: number,
  ): Promise<Theirs[Kind]['answer']>;
  /** Takes what came from the other end. */
  receive(message: unknown): void;
  /** The other end is gone: whoever waits for it is told so. */
  close(): void;
}

type Message =
  | { readonly notice: Notice }
  | { readonly ask: string; readonly id: number; readonly argument: unknown }
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly error: ErrorParts };

/** `send` must keep the order and not throw. */
export function createChannel<Theirs extends Asks<Theirs>, Mine extends Asks<Mine>>(parts: {
  readonly send: (message: unknown) => void;
  readonly answers: Answers<Mine>;
  readonly onNotice: (notice: Notice) => void;
}): Channel<Theirs> {
  const { send, answers, onNotice } = parts;
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let asked = 0;
  let closed = false;

  async function answer(id: number, kind: string, argument: unknown): Promise<void> {
    try {
      const known = answers[kind as keyof Mine];
      send({ answer: id, value: await known(argument as Mine[keyof Mine]['ask']) });
    } catch (error) {
      send({ answer: id, error: partsOf(error) });
    }
  }

  return {
    tell: (notice) => send({ notice }),
    ask(kind, argument, within) {
      const id = ++asked;
      return new Promise((resolve, reject) => {
        if (closed) return reject(new Error('the other process is gone'));
        const timer = setTimeout(() => settle().reject(new Error(`no answer within ${within} ms`)), within);
        const settle = () => {
          clearTimeout(timer);
          waiting.delete(id);
          return { resolve: resolve as (value: unknown) => void, reject };
        };
        waiting.set(id, {
          resolve: (value) => settle().resolve(value),
          reject: (error) => settle().reject(error),
        });
        send({ ask: kind, id, argument });
      });
    },
    receive(received) {
      // Both ends are of one build; nobody else has the line.
      const message = received as Message;
      if ('notice' in message) onNotice(message.notice);
      else if ('ask' in message) void answer(message.id, message.ask, message.argument);
      else if ('error' in message) waiting.get(message.answer)?.reject(errorOf(message.error));
      else waiting.get(message.answer)?.resolve(message.value);
    },
    close() {
      closed = true;
      for (const { reject } of [...waiting.values()]) reject(new Error('the other process is gone'));
    },
  };
}
