import { fstatSync, write, writeSync } from 'node:fs';

/** Where log lines go. A destination that fails, fills up or is not read never reaches the caller. */
export interface LogSink {
  /** Takes one line with its newline; never throws, never waits. */
  write(line: string): void;
  /** Lines lost so far: the buffer was full, or the destination refused them. */
  readonly dropped: number;
  /** Writes what is buffered for at most `withinMs` ms (default 1,000), then drops the rest. */
  close(withinMs?: number): Promise<void>;
}

/** Characters held for a destination that is slower than we are. */
const BUFFER_LIMIT = 4 * 1024 * 1024;
const BATCH_LIMIT = 64 * 1024;
/** A line waits this long for others to be written with, in ms: a hand-over to the thread pool costs as much as 20 lines. */
const GATHER = 10;
/** A full pipe is tried again after this many ms. */
const RETRY_AFTER = 20;
/** What the last, synchronous flush may cost a process that exits; ms. */
const EXIT_BUDGET = 200;

/**
 * Opens a sink on a file descriptor (default: standard output). Lines are batched and written one
 * batch at a time off the event loop. A batch that is refused (EPIPE, ENOSPC, EIO …) is dropped and
 * counted, and the next one is tried: a disk that has room again gets the log back.
 */
export function openLogSink(fd = 1): LogSink {
  makeNonBlocking(fd);
  let queue: string[] = [];
  let queued = 0;
  let dropped = 0;
  let closed = false;
  /** The batch being written: what is left of it, and how many lines it holds. */
  let batch: { rest: Buffer; lines: number } | undefined;
  let underWay = false;
  /** True while the thread pool holds the batch: only then is it not ours to touch. */
  let inThread = false;
  let idle: (() => void) | undefined;

  const nextBatch = () => {
    if (batch !== undefined) return batch;
    if (queue.length === 0) return undefined;
    let taken = 0;
    let lines = 0;
    while (lines < queue.length && taken < BATCH_LIMIT) taken += (queue[lines++] as string).length;
    batch = { rest: Buffer.from(queue.splice(0, lines).join('')), lines };
    queued -= taken;
    return batch;
  };

  /** What became of one attempt; true when the next one may follow at once. */
  const settle = (error: NodeJS.ErrnoException | null, written: number): boolean => {
    if (batch === undefined) return true;
    if (error?.code === 'EAGAIN') return false;
    if (error === null) batch.rest = batch.rest.subarray(written);
    else dropped += batch.lines;
    if (error !== null || batch.rest.length === 0) batch = undefined;
    return true;
  };

  const pump = () => {
    const current = nextBatch();
    underWay = current !== undefined;
    if (current === undefined) return idle?.();
    inThread = true;
    write(fd, current.rest, (error, written) => {
      inThread = false;
      if (settle(error, written)) pump();
      else setTimeout(pump, RETRY_AFTER).unref();
    });
  };

  const flushAtExit = () => {
    const deadline = performance.now() + EXIT_BUDGET;
    if (inThread) batch = undefined;
    for (let current = nextBatch(); current !== undefined; current = nextBatch()) {
      let error: NodeJS.ErrnoException | null = null;
      let written = 0;
      try {
        written = writeSync(fd, current.rest);
      } catch (thrown) {
        error = thrown as NodeJS.ErrnoException;
      }
      if (settle(error, written)) continue;
      if (performance.now() > deadline) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_AFTER);
    }
  };
  process.on('exit', flushAtExit);

  return {
    write(line) {
      if (closed || queued + line.length > BUFFER_LIMIT) {
        dropped++;
        return;
      }
      queue.push(line);
      queued += line.length;
      if (!underWay) {
        underWay = true;
        setTimeout(pump, GATHER);
      }
    },
    get dropped() {
      return dropped;
    },
    async close(withinMs = 1000) {
      closed = true;
      if (underWay) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          idle = resolve;
          timer = setTimeout(resolve, withinMs);
        });
        clearTimeout(timer);
        dropped += queue.length + (batch?.lines ?? 0);
        queue = [];
        queued = 0;
        batch = undefined;
      }
      process.off('exit', flushAtExit);
    },
  };
}

/**
 * A write into a full pipe would block a pool thread, and the process could not exit before somebody
 * reads. Node puts a pipe into non-blocking mode when its stream is first touched.
 */
function makeNonBlocking(fd: number): void {
  if (fd !== 1 && fd !== 2) return;
  try {
    const stat = fstatSync(fd);
    if (!stat.isFIFO() && !stat.isSocket()) return;
    // Its own errors (EPIPE at the end) must not surface either.
    (fd === 1 ? process.stdout : process.stderr).on('error', () => {});
  } catch {
    // A descriptor that does not exist: every write fails, and every line is counted as dropped.
  }
}
