import type { OriginHandler } from '../fixtures/origin.ts';

/** What every canary has in it. */
export const CANARY = 'canary';

/**
 * An upstream that lets everything in a request colour its response: each field stands in the body and in a response
 * field, as do the method and the target. It varies by what it shows only where the path says so (`/vary/`), and under
 * `/status/` it fails with the status that comes next in the path.
 */
export const reflect: OriginHandler = (req, res) => {
  const { method = '', url = '', rawHeaders } = req;
  const told = JSON.stringify({ method, url, rawHeaders });
  res.sendDate = false;
  res.setHeader('X-Reflected', encodeURIComponent(told));
  res.setHeader('Cache-Control', url.startsWith('/ttl/') ? 'x-none' : 'public, max-age=60');
  if (url.includes('/vary/')) {
    const shown = rawHeaders.filter((_, i) => i % 2 === 0 && rawHeaders[i + 1]?.includes(CANARY));
    res.setHeader('Vary', shown.join(', '));
  }
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => res.end(`${told} ${Buffer.concat(chunks)}`));
};

/** True where an answer shows what only a canary can have brought in. */
export function isColoured(answer: {
  readonly text: string;
  readonly rawHeaders: readonly string[];
}): boolean {
  return answer.text.includes(CANARY) || answer.rawHeaders.some((text) => text.includes(CANARY));
}
