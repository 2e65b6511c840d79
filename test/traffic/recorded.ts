import { Agent, request } from 'node:http';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { stillClock } from '../fixtures/still-clock.ts';

/** One request of many, and how long nothing happened before it; ms. */
export interface Step {
  readonly method: string;
  readonly target: string;
  readonly after: number;
}

/** Sends the steps through a real sidecar one by one, on a clock of theirs. Returns its access log, one object a line. */
export async function record(document: string, steps: Iterable<Step>): Promise<Record<string, unknown>[]> {
  const clock = stillClock();
  const log: Record<string, unknown>[] = [];
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const line = JSON.parse(chunk.toString());
      if (line.msg === 'request') log.push({ ...line, time: clock.now() });
      done();
    },
  });
  const readFile = () => `listen: 127.0.0.1:0\nadmin: off\n${document}`;
  const load = () => loadConfig({ file: 'recorded.yaml', flags: {}, env: {}, readFile });
  const app = createApp(load(), {
    log: pino({ level: 'info' }, output),
    logOutput: output,
    loadConfig: load,
    clock,
  });
  const { proxy } = await app.listen();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = ({ method, target }: Step) =>
    new Promise<void>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: proxy.port, path: target, method, agent };
      request(options, (res) => res.resume().on('end', resolve).on('error', reject))
        .on('error', reject)
        .end();
    });
  for (const step of steps) {
    clock.advance(step.after);
    await send(step);
  }
  agent.destroy();
  await app.close({ force: true });
  return log;
}

/** Numbers in [0, 1), by the seed. */
export function chance(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Ranks below `count`, the first most often (Zipf's law with this exponent). */
export function zipf(count: number, exponent: number, random: () => number): () => number {
  const sums: number[] = [];
  for (let rank = 1, sum = 0; rank <= count; rank++) {
    sum += rank ** -exponent;
    sums.push(sum);
  }
  return () => {
    const wanted = random() * (sums.at(-1) ?? 0);
    return sums.findIndex((sum) => sum >= wanted);
  };
}
