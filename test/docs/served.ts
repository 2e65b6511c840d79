import { type Child, startChild } from '../../scripts/demo/child.ts';
import { send } from '../../scripts/demo/request.ts';
import { eventually } from '../fixtures/eventually.ts';
import { freePort } from '../fixtures/redis-server.ts';
import type { Desk } from './desk.ts';

/** What a page's commands started, the last of them still running. */
export interface Served {
  readonly wrong: string[];
  /** The numbers of the page that lead to it now; none where the last command has ended. */
  readonly ports: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** For a process to answer `/readyz`, or to end; ms. */
const PATIENCE = 15_000;

/** Starts each command until `/readyz` answers 200, or it has ended without an error. */
export async function serve(commands: string, desk: Desk, adapt: (text: string) => string): Promise<Served> {
  const [proxy, admin] = [await freePort(), await freePort()];
  const env = {
    ...desk.env,
    CACHESIDE_LISTEN: `127.0.0.1:${proxy}`,
    CACHESIDE_ADMIN_LISTEN: `127.0.0.1:${admin}`,
  };
  const own = new Map([
    ['8080', proxy],
    ['9090', admin],
  ]);
  const wrong: string[] = [];
  let running: Child | undefined;
  for (const command of commandsOf(commands)) {
    await running?.stop();
    const words = adapt(command.replace(/\b(?:8080|9090)\b/g, (number) => String(own.get(number))));
    const child = startChild('bash', ['-c', `exec ${words}`], { env, cwd: desk.folder });
    running = child;
    const isReady = () =>
      send({ url: `http://127.0.0.1:${admin}/readyz` }).then(({ status }) => status === 200);
    await eventually(async () => !child.running || (await isReady().catch(() => false)), PATIENCE).catch(
      () => {
        wrong.push(`${command}: not ready within ${PATIENCE} ms`);
      },
    );
    const ended = child.running ? 0 : await child.exited;
    if (ended !== 0) wrong.push(`${command}: ended with ${ended}\n${child.lines.join('\n')}`);
  }
  const ports = running?.running ? own : new Map<string, number>();
  return { wrong, ports, stop: async () => void (await running?.stop()) };
}

/** The commands of a block: its lines, but for comments, joined where one ends in a backslash. */
function commandsOf(block: string): string[] {
  const lines = block.replaceAll('\\\n', ' ').split('\n');
  return lines.map((line) => line.replace(/(^|\s)#.*$/, '').trim()).filter((line) => line !== '');
}
