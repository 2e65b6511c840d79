import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Answers what the clients of `startLoad` ask for. */
export function answerLoad(req: IncomingMessage, res: ServerResponse): void {
  const { url = '' } = req;
  if (url.startsWith('/hit')) {
    res.setHeader('cache-control', 'max-age=600').end('a hit');
  } else if (url.startsWith('/miss')) {
    res.setHeader('cache-control', 'max-age=600').end('a miss');
  } else if (url.startsWith('/stream')) {
    void stream(res);
  } else if (url.startsWith('/upload')) {
    let bytes = 0;
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    req.on('end', () => res.end(String(bytes)));
  } else res.end();
}

async function stream(res: ServerResponse): Promise<void> {
  for (let i = 0; i < 5; i++) {
    res.write('part');
    await delay(5);
  }
  res.end();
}
