import { request } from 'node:http';
import { type CachesideProcess, until } from '../fixtures/cacheside.ts';

/** What `/stats` tells of the workers. */
export interface SeenWorker {
  readonly worker: number;
  readonly pid: number;
  readonly requests: number;
  readonly answers: boolean;
}

export async function statsOf(cacheside: CachesideProcess) {
  const { text } = await cacheside.admin('/stats');
  return JSON.parse(text) as {
    requests: number;
    outcomes: Record<string, number>;
    memory: { responses: number; limit: number };
    routes: Record<string, { requests: number }>;
    workers: SeenWorker[];
    workerRestarts: number;
  };
}

export async function pidsOf(cacheside: CachesideProcess): Promise<number[]> {
  return (await statsOf(cacheside)).workers.map(({ pid }) => pid);
}

/** Resolves once as many workers take requests and none of them is one of `gone`. */
export async function untilManned(
  cacheside: CachesideProcess,
  count: number,
  gone: readonly number[] = [],
): Promise<void> {
  await until(async () => {
    const { workers } = await statsOf(cacheside);
    return workers.length === count && workers.every(({ pid, answers }) => answers && !gone.includes(pid));
  });
}

/** One request on a connection of its own: any worker may take it. */
export function ask(cacheside: CachesideProcess, path: string, method = 'GET'): Promise<string> {
  return new Promise((resolve, reject) => {
    const req = request(
      cacheside.url + path,
      { method, agent: false, headers: { host: 'api.test' }, timeout: 10_000 },
      (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        res.on('error', reject).on('end', () => resolve(text));
      },
    );
    req.on('timeout', () => req.destroy(new Error('timeout'))).on('error', reject);
    req.end();
  });
}

/** As many requests at a time, each on a connection of its own. */
export function askMany(cacheside: CachesideProcess, path: string, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => ask(cacheside, path)));
}

/** Asks until every worker has answered at least once more than before. */
export async function askAll(cacheside: CachesideProcess, path: string): Promise<string[]> {
  const before = new Map((await statsOf(cacheside)).workers.map(({ pid, requests }) => [pid, requests]));
  const answers: string[] = [];
  await until(async () => {
    answers.push(...(await askMany(cacheside, path, 12)));
    const { workers } = await statsOf(cacheside);
    return workers.every(({ pid, requests }) => requests > (before.get(pid) ?? 0));
  });
  return answers;
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
