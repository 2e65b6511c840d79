import { fstatSync, write, writeSync } from 'node:fs';
import { fitLine } from './fit-line.ts';

/** Where log lines go. A destination that fails, fills up or is not read never reaches the caller. */
export interface LogSink {
  /** Takes one line with its newline; never throws, never waits. */
  write(line: string): void;
  /** Lines lost so far: the buffer was full, or the destination refused them. */
  readonly dropped: number;
  /** Writes what is buffered for at most `withinMs` ms (default 1,000), then drops the rest. */
  close(withinMs?: number): Promise<void>;
}

const NEWLINE = Buffer.from('\n');
/** Bytes held for a destination that is slower than we are. */
const BUFFER_LIMIT = 4 * 1024 * 1024;
const BATCH_LIMIT = 64 * 1024;
/** Bytes that a pipe takes as one (PIPE_BUF): what others write comes before or after, never between. */
const ATOMIC = 4096;
/** A line waits this long for others to be written with, in ms: a hand-over to the thread pool costs as much as 20 lines. */
const GATHER = 10;
/** Batches written one after the other before others get their turn. */
const ROUND = 16;
/** A full pipe is tried again after this many ms. */
const RETRY_AFTER = 20;
/** What the last, synchronous flush may cost a process that exits; ms. */
const EXIT_BUDGET = 200;

/**
 * Opens a sink on a file descriptor (default: standard output). Lines are batched and written one
 * batch at a time off the event loop. A batch that is refused (EPIPE, ENOSPC, EIO …) is dropped and
 * counted, and the next one is tried: a disk that has room again gets the log back. `shared`: other
 * processes write to it as well; into a pipe go whole lines only, and one that is too long is cut. `onLost`: told how
 * many lines were lost, once some can be written again.
 */
export function openLogSink(
  fd = 1,
  {
    shared = false,
    onLost = () => {},
  }: { readonly shared?: boolean; readonly onLost?: (lines: number) => void } = {},
): LogSink {
  const isPipe = makeNonBlocking(fd);
  const isAtomic = shared && isPipe;
  const batchLimit = isAtomic ? ATOMIC : BATCH_LIMIT;
  /** What waits, in order. */
  let queue: Batch[] = [];
  /** Takes more lines; behind the queue. */
  let open: Batch | undefined;
  /** Was written, and can take lines again. */
  let spare: Buffer | undefined;
  let queued = 0;
  let dropped = 0;
  /** Of those, as many were told of. */
  let told = 0;
  /** What was written last ended in the middle of a line. */
  let isTorn = false;
  let closed = false;
  /** What is left of the batch being written, and how many lines it holds. */
  let batch:
    | { readonly all: Buffer; readonly size: number; rest: Buffer; readonly lines: number }
    | undefined;
  let underWay = false;
  /** True while the thread pool holds the batch: only then is it not ours to touch. */
  let inThread = false;
  let idle: (() => void) | undefined;

  const nextBatch = () => {
    if (batch !== undefined) return batch;
    const next = queue.shift() ?? open;
    if (next === undefined) return undefined;
    if (next === open) open = undefined;
    const { bytes, end, lines } = next;
    // What comes behind a line that was left in its middle begins with a line of its own.
    const all = isTorn ? Buffer.concat([NEWLINE, bytes.subarray(0, end)]) : bytes;
    const size = isTorn ? end + 1 : end;
    isTorn = false;
    batch = { all, size, rest: all.subarray(0, size), lines };
    queued -= end;
    return batch;
  };

  const tell = () => {
    if (told === dropped || closed || queued > BUFFER_LIMIT / 2) return;
    setImmediate(onLost, dropped - told);
    told = dropped;
  };

  /** What became of one attempt; true when the next one may follow at once. */
  const settle = (error: NodeJS.ErrnoException | null, bytes: number): boolean => {
    if (batch === undefined) return true;
    if (error?.code === 'EAGAIN') return false;
    if (error === null) {
      batch.rest = batch.rest.subarray(bytes);
      tell();
    } else {
      dropped += batch.lines;
      const written = batch.size - batch.rest.length;
      isTorn = written > 0 && batch.all[written - 1] !== NEWLINE[0];
    }
    if (error !== null || batch.rest.length === 0) {
      if (batch.all.length === batchLimit) spare = batch.all;
      batch = undefined;
    }
    return true;
  };

  /** A small write into a pipe costs less than the way to the thread pool and back, and never waits. */
  const pumpAtomic = () => {
    for (let round = 0; round < ROUND; round++) {
      const current = nextBatch();
      underWay = current !== undefined;
      if (current === undefined) return idle?.();
      if (!writeNow(current)) return void setTimeout(pumpAtomic, RETRY_AFTER).unref();
    }
    setImmediate(pumpAtomic);
  };

  const pump = () => {
    const current = nextBatch();
    underWay = current !== undefined;
    if (current === undefined) return idle?.();
    inThread = true;
    write(fd, current.rest, (error, written) => {
      inThread = false;
      if (!settle(error, written)) setTimeout(pump, RETRY_AFTER).unref();
      else if (batch !== undefined || queue.length > 0 || closed) pump();
      // Under load the next lines are here at once, and few.
      else setTimeout(pump, GATHER);
    });
  };

  /** False where the destination takes nothing now. */
  const writeNow = ({ rest }: { readonly rest: Buffer }): boolean => {
    try {
      return settle(null, writeSync(fd, rest));
    } catch (error) {
      return settle(error as NodeJS.ErrnoException, 0);
    }
  };

  const flushAtExit = () => {
    const deadline = performance.now() + EXIT_BUDGET;
    if (inThread) batch = undefined;
    for (let current = nextBatch(); current !== undefined; current = nextBatch()) {
      if (writeNow(current)) continue;
      if (performance.now() > deadline) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_AFTER);
    }
  };
  process.on('exit', flushAtExit);

  /**
   * Bytes at once: a string put together of many pieces, and of lines in turn, would live until it is written, and every
   * look for garbage meanwhile would move all its pieces.
   */
  const add = (line: string): void => {
    const most = isAtomic ? Buffer.byteLength(line) : line.length * 3;
    if (open !== undefined && open.bytes.length - open.end < most) {
      queue.push(open);
      open = undefined;
    }
    if (open === undefined) {
      const bytes =
        most > batchLimit ? Buffer.allocUnsafeSlow(most) : (spare ?? Buffer.allocUnsafeSlow(batchLimit));
      if (bytes === spare) spare = undefined;
      open = { bytes, end: 0, lines: 0 };
    }
    const size = open.bytes.write(line, open.end);
    open.end += size;
    open.lines++;
    queued += size;
  };

  return {
    write(line) {
      if (closed || queued + line.length > BUFFER_LIMIT) {
        dropped++;
        return;
      }
      add(isAtomic ? fitLine(line, ATOMIC) : line);
      if (!underWay) {
        underWay = true;
        setTimeout(isAtomic ? pumpAtomic : pump, GATHER);
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
        for (const { lines } of [...queue, ...(open ? [open] : []), ...(batch ? [batch] : [])])
          dropped += lines;
        queue = [];
        open = undefined;
        queued = 0;
        batch = undefined;
      }
      process.off('exit', flushAtExit);
    },
  };
}

/** Lines to be written as one. */
interface Batch {
  readonly bytes: Buffer;
  end: number;
  lines: number;
}

/**
 * A write into a full pipe would block a pool thread, and the process could not exit before somebody
 * reads. Node puts a pipe into non-blocking mode when its stream is first touched.
 */
function makeNonBlocking(fd: number): boolean {
  if (fd !== 1 && fd !== 2) return false;
  try {
    const stat = fstatSync(fd);
    if (!stat.isFIFO() && !stat.isSocket()) return false;
    // Its own errors (EPIPE at the end) must not surface either.
    (fd === 1 ? process.stdout : process.stderr).on('error', () => {});
    return true;
  } catch {
    // A descriptor that does not exist: every write fails, and every line is counted as dropped.
    return false;
  }
}
