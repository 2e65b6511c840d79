import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** What a process says, on both of its outputs. */
export interface Output {
  /** All of it so far. */
  text(): string;
  /** Resolves once it says something like that; rejects where it ends before. */
  until(pattern: RegExp): Promise<void>;
  /** Resolves with its exit code. */
  readonly ended: Promise<number | null>;
}

/** Listens to a process that was just started, with pipes for outputs. */
export function listenTo(child: ChildProcess): Output {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      child.emit('output');
    });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    text: () => text,
    ended,
    async until(pattern) {
      while (!pattern.test(text)) {
        const isOver = await Promise.race([once(child, 'output').then(() => false), ended.then(() => true)]);
        if (isOver && !pattern.test(text)) throw new Error(`it ended without ${pattern}:\n${text}`);
      }
    },
  };
}
