import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const CHILD = fileURLToPath(new URL('./log-child.ts', import.meta.url));

/**
 * tsx itself puts standard output into non-blocking mode, which hides a sink that doesn't; where Node
 * runs TypeScript by itself, it is left out.
 */
const LOADER = Number(process.versions.node.split('.')[0]) >= 24 ? [] : ['--import=tsx'];

interface Ended {
  readonly code: number | null;
  readonly dropped: number;
  readonly out: string;
}

/** Runs the child with its standard output at `stdout`; `read`: whether a pipe to it is read. */
function run(
  args: readonly string[],
  stdout: number | 'pipe',
  read: 'all' | 'nothing' | 'hang-up' = 'all',
): Promise<Ended> {
  const child = spawn(process.execPath, [...LOADER, CHILD, ...args], {
    timeout: 15_000,
    killSignal: 'SIGKILL',
    stdio: ['ignore', stdout, 'pipe'],
  });
  let out = '';
  let err = '';
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  if (read === 'all') {
    child.stdout?.on('data', (chunk) => {
      out += chunk;
    });
  }
  if (read === 'hang-up') child.stdout?.destroy();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    const ended = (code: number | null) => {
      const match = /"dropped":(\d+)/.exec(err);
      if (match === null) reject(new Error(`the child told nothing: ${err}`));
      else resolve({ code, dropped: Number(match[1]), out });
    };
    if (read === 'all') child.once('close', ended);
    else child.once('exit', ended);
  });
}

function numbers(text: string): number[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).i);
}

const inOrder = (count: number) => Array.from({ length: count }, (_, i) => i);

t.test('everything arrives, in order, when closed', async (t) => {
  const { code, dropped, out } = await run(['2000', 'close'], 'pipe');
  t.match({ code, dropped }, { code: 0, dropped: 0 });
  t.same(numbers(out), inOrder(2000));
});

t.test('what is buffered is flushed by process.exit', async (t) => {
  const path = `${t.testdir()}/log`;
  const fd = openSync(path, 'w');
  const { code, dropped } = await run(['300', 'exit'], fd);
  closeSync(fd);
  t.match({ code, dropped }, { code: 7, dropped: 0 });
  t.same(numbers(readFileSync(path, 'utf8')), inOrder(300));
});

t.test('a full disk costs lines, not the process', async (t) => {
  const fd = openSync('/dev/full', 'w');
  for (const ending of ['stay', 'exit']) {
    const { code, dropped } = await run(['1000', ending], fd);
    t.equal(code, ending === 'exit' ? 7 : 0);
    // Told before the exit, the last lines may still be waiting to fail.
    t.ok(ending === 'exit' ? dropped <= 1000 : dropped === 1001, `${dropped} dropped`);
  }
  closeSync(fd);
});

t.test('a reader that hangs up costs lines, not the process', async (t) => {
  const { code, dropped } = await run(['1000', 'stay'], 'pipe', 'hang-up');
  t.equal(code, 0);
  t.ok(dropped > 0 && dropped <= 1001, `${dropped} dropped`);
});

for (const [kind, ending] of [
  ['fifo', 'exit'],
  ['socket', 'stay'],
] as const) {
  t.test(`a ${kind} that nobody reads neither grows the buffer nor holds up the end`, async (t) => {
    let fd: number | undefined;
    if (kind === 'fifo') {
      const path = `${t.testdir()}/fifo`;
      execFileSync('mkfifo', [path]);
      // For reading too, so that opening it waits for nobody; blocking, as a shell hands it over.
      fd = openSync(path, constants.O_RDWR);
    }
    const { code, dropped } = await run(['20000', ending], fd ?? 'pipe', 'nothing');
    if (fd !== undefined) closeSync(fd);
    t.equal(code, ending === 'exit' ? 7 : 0);
    t.ok(dropped > 10_000, `${dropped} of 20,000 dropped`);
  });
}

t.test('lines of several processes on one pipe stay whole', async (t) => {
  const own = [process.execPath, ...LOADER, CHILD, '1500', 'close', 'shared'].join(' ');
  const child = spawn('sh', ['-c', `(${own} & ${own} & ${own} & wait) | cat`], {
    timeout: 20_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
    // A reader that takes its time keeps the pipe full, where writes come in parts.
    child.stdout.pause();
    setTimeout(() => child.stdout.resume(), 1);
  });
  await new Promise((resolve) => child.once('close', resolve));
  const found = numbers(out);
  t.equal(found.length, 4_500);
  t.equal(new Set(found).size, 1_500);
});
