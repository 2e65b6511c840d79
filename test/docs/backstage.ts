import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Origin } from '../fixtures/origin.ts';
import { eventually, type Sidecar } from '../fixtures/sidecar.ts';
import { stillClock } from '../fixtures/still-clock.ts';

/** What commands of a page do to the world around them. */
export interface Backstage {
  readonly clock: ReturnType<typeof stillClock>;
  /** Functions of a shell, and the comments of a page, that lead here. */
  readonly prelude: string;
  /** `# The service stops.` and `# The service is back.` as commands. */
  stage(commands: string): string;
  /** Whom it acts on. */
  set(origin: Origin, sidecars: readonly Sidecar[]): void;
  close(): void;
}

/** For what goes on in the background to come to its end; ms. */
const PATIENCE = 5_000;

/** `sleep` puts the clock forward, and waits for what goes on in the background; the service is stopped and started. */
export async function openBackstage(): Promise<Backstage> {
  const clock = stillClock();
  let origin: Origin | undefined;
  let sidecars: readonly Sidecar[] = [];
  let answering: Origin['handler'] | undefined;
  const isIdle = async (): Promise<boolean> => {
    const all = await Promise.all(sidecars.map((sidecar) => sidecar.admin('/stats')));
    return all.every(({ text }) => JSON.parse(text).admission.exchanges === 0);
  };
  const acts: Readonly<Record<string, (value: number) => void>> = {
    sleep: (seconds) => clock.advance(seconds * 1_000),
    stop: () => {
      answering = origin?.handler;
      if (origin !== undefined) origin.handler = (req) => req.socket.destroy();
    },
    start: () => {
      if (origin !== undefined && answering !== undefined) origin.handler = answering;
    },
  };
  const server = createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://backstage');
    const act = acts[pathname.slice(1)];
    eventually(isIdle, PATIENCE).then(
      () => {
        act?.(Number(searchParams.get('value') ?? 0));
        res.end();
      },
      () => res.destroy(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    clock,
    prelude: `
      backstage() { command curl -sS "http://127.0.0.1:${port}/$1?value=$2"; }
      sleep() { backstage sleep "$1"; }`,
    stage: (commands) =>
      commands
        .replace(/^# The service stops\.$/gm, 'backstage stop')
        .replace(/^# The service is back\.$/gm, 'backstage start'),
    set(newOrigin, newSidecars) {
      origin = newOrigin;
      sidecars = newSidecars;
    },
    close: () => void server.close(),
  };
}
