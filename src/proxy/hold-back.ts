import type { FieldLines } from '../policy/fields.ts';
import type { Downstream } from './ports.ts';

/**
 * A downstream whose answer does not leave before `until()` has resolved, which is asked for when the
 * answer begins; undefined: it need not wait. What comes meanwhile is kept, and the upstream held back.
 */
export function holdBack(inner: Downstream, until: () => Promise<void> | undefined): Downstream {
  /** What is to be done once it may leave; undefined: nothing is held. */
  let held: (() => void)[] | undefined;
  let begun = false;

  function begin(first: () => void): void {
    begun = true;
    const waiting = until();
    if (waiting === undefined) return first();
    held = [first];
    const release = () => {
      const steps = held ?? [];
      held = undefined;
      if (inner.closed) return;
      for (const step of steps) step();
      inner.onDrain?.();
    };
    waiting.then(release, release);
  }

  return {
    get requestBody() {
      return inner.requestBody;
    },
    get clientAddress() {
      return inner.clientAddress;
    },
    get closed() {
      return inner.closed;
    },
    get begun() {
      return begun || inner.begun;
    },
    informational: (status: number, fields: FieldLines) => inner.informational(status, fields),
    send: (status, fields, signature, body) => begin(() => inner.send(status, fields, signature, body)),
    begin: (status, fields, signature) => begin(() => inner.begin(status, fields, signature)),
    write(chunk) {
      if (held === undefined) return inner.write(chunk);
      held.push(() => void inner.write(chunk));
      return false;
    },
    end() {
      if (held === undefined) inner.end();
      else held.push(() => inner.end());
    },
    destroy() {
      held = undefined;
      inner.destroy();
    },
    get onDrain() {
      return inner.onDrain;
    },
    set onDrain(listener) {
      inner.onDrain = listener;
    },
    get onClosed() {
      return inner.onClosed;
    },
    set onClosed(listener) {
      inner.onClosed = listener;
    },
  };
}
