import { EventEmitter } from 'node:events';
import pino from 'pino';
import { systemClock } from '../../src/clock.ts';
import type { ProcessListeners } from '../../src/workers/cluster.ts';
import { createSupervisor, type Worker } from '../../src/workers/supervisor.ts';

/** What a worker is sent. */
export interface Asked {
  readonly ask?: string;
  readonly id?: number;
  readonly argument?: unknown;
  readonly notice?: { readonly kind: string };
}

export interface StagedProcess extends ProcessListeners {
  readonly sent: Asked[];
  killed: boolean;
}

/**
 * Processes that are none: what they are sent is seen, and what they say is said by the test. `events`: `spawned`, `sent`
 * (process, message), `gone` (worker).
 */
export function createStage(count: number, admit: (worker: Worker) => Promise<void> = async () => {}) {
  const spawned: StagedProcess[] = [];
  const events = new EventEmitter();
  const supervisor = createSupervisor({
    count,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    admit: async (worker) => {
      await admit(worker);
      worker.welcomed = true;
    },
    answers: () => ({ append: () => ({ kind: 'pending' }), spread: () => undefined }),
    onGone: (worker) => events.emit('gone', worker),
    spawn(listeners) {
      const process = { ...listeners, sent: [] as Asked[], killed: false };
      spawned.push(process);
      setImmediate(() => {
        events.emit('spawned');
        if (!process.killed) process.onMessage({ notice: { kind: 'hello' } });
      });
      return {
        pid: spawned.length,
        send(message) {
          process.sent.push(message as Asked);
          events.emit('sent', process, message);
        },
        handOver() {},
        kill() {
          if (process.killed) return;
          process.killed = true;
          setImmediate(() => process.onExit(null, 'SIGKILL'));
        },
      };
    },
  });
  return { supervisor, spawned, events };
}
