import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort, type RedisServer } from '../../test/fixtures/redis-server.ts';
import { startTcpProxy, type TcpProxy } from '../../test/fixtures/tcp-proxy.ts';
import { type Child, startChild } from '../demo/child.ts';
import { send } from '../demo/request.ts';

const BIN = fileURLToPath(new URL('../../bin/cacheside', import.meta.url));
const RULE = fileURLToPath(new URL('cacheside.yaml', import.meta.url));

/** One sidecar, as a process, with a link of its own to Redis. */
export interface Side {
  readonly name: string;
  readonly port: number;
  readonly admin: string;
  readonly link: TcpProxy;
  readonly child: Child;
  /** Ends it so and starts it again; resolves once it is ready. */
  restart(signal: NodeJS.Signals): Promise<void>;
  /** How often it was started again: what Redis had not heard of is lost by then. */
  readonly generation: number;
  stop(): Promise<void>;
}

/** What its process takes. */
export interface Use {
  /** MiB. */
  readonly rss: number;
  readonly descriptors: number;
}

/** `onLine` gets each line of its log, as an object. */
export async function startSide(
  name: string,
  upstream: string,
  redis: RedisServer,
  onLine: (side: string, line: Record<string, unknown>) => void,
): Promise<Side> {
  if (!existsSync(BIN)) throw new Error('npm run build comes first');
  const link = await startTcpProxy(redis.port);
  const [port, adminPort] = [await freePort(), await freePort()];
  const admin = `http://127.0.0.1:${adminPort}`;
  const env = {
    SOAK_UPSTREAM: upstream,
    SOAK_REDIS: `redis://127.0.0.1:${link.port}`,
    SOAK_REPLICA: name,
  };
  const listen = ['--listen', `127.0.0.1:${port}`, '--admin-listen', `127.0.0.1:${adminPort}`];
  const start = async (): Promise<Child> => {
    const child = startChild(process.execPath, [BIN, '-c', RULE, ...listen], { env });
    child.follow((line) => {
      if (line.startsWith('{')) onLine(name, JSON.parse(line));
    });
    for (;;) {
      if (!child.running) throw new Error(`${name} ended; it said:\n${child.lines.join('\n')}`);
      const live = await send({ url: `${admin}/healthz` }).catch(() => undefined);
      if (live?.status === 200) return child;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  let child = await start();
  let generation = 0;
  return {
    name,
    port,
    admin,
    link,
    get child() {
      return child;
    },
    get generation() {
      return generation;
    },
    async restart(signal) {
      generation++;
      child.signal(signal);
      await child.exited;
      child = await start();
    },
    async stop() {
      await child.stop();
      await link.close();
    },
  };
}

export function useOf({ pid }: Child): Use {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    rss: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}
