import type { IncomingMessage } from 'node:http';
import { problem, Refusal } from './answer.ts';

/** Longest request body, bytes. */
export const BODY_LIMIT = 64 * 1024;

/**
 * Reads a JSON request body. Throws a Refusal: 415 for another media type than `accepted`, 413 for
 * more than BODY_LIMIT bytes (the connection is closed then), 400 for what is not JSON.
 */
export async function readJson(req: IncomingMessage, accepted: readonly string[]): Promise<unknown> {
  const type = (req.headers['content-type'] ?? '').split(';', 1).join('').trim().toLowerCase();
  if (!accepted.includes(type)) {
    const detail = `send the body as ${accepted.join(' or ')}`;
    throw new Refusal(problem(415, 'Unsupported media type', { detail }));
  }
  const text = new TextDecoder('utf-8', { fatal: true });
  const body = await readBody(req);
  try {
    return JSON.parse(text.decode(body));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Refusal(problem(400, 'The body is not valid JSON', { detail }));
  }
}

async function readBody(req: IncomingMessage): Promise<Buffer> {
  const tooLarge = () => {
    const detail = `a product takes at most ${BODY_LIMIT} bytes`;
    return new Refusal(problem(413, 'Body too large', { detail, headers: { connection: 'close' } }));
  };
  if (Number(req.headers['content-length'] ?? 0) > BODY_LIMIT) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length;
    if (length > BODY_LIMIT) throw tooLarge();
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
