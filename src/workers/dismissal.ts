import type { WorkerFigures } from './figures.ts';
import type { DismissalTimes } from './messages.ts';
import type { Worker } from './supervisor.ts';

/** What a worker may need beyond what it was given, until it has drained; ms. */
const MARGIN = 5_000;
/** How long one that is to end at once may take; ms. */
const AT_ONCE = 500;

/**
 * Has a worker drain, and end; it is ended where it does not. Resolves when it has ended; `note`
 * is told before that what it counted, if it came to say so.
 */
export async function dismiss(
  worker: Worker,
  { delay, within }: DismissalTimes,
  note: (worker: Worker, figures: WorkerFigures) => void,
): Promise<void> {
  const patience = delay + within === 0 ? AT_ONCE : delay + within + MARGIN;
  const late = setTimeout(() => void worker.kill('it did not stop in time'), patience);
  if (!worker.welcomed) void worker.kill('it had not started yet');
  const drained = worker.channel.ask('drain', { delay, within }, patience);
  await drained.then(
    (figures) => {
      note(worker, figures);
      worker.channel.tell({ kind: 'leave' });
    },
    () => worker.kill('it could not stop'),
  );
  await worker.gone;
  clearTimeout(late);
}
