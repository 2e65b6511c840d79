import type { IncomingMessage } from 'node:http';
import { meant } from '../suggestion.ts';
import { ProblemError } from './problem.ts';
import { repeatedMember } from './repeated-member.ts';

const BODY_LIMIT = 64 * 1024;
/** What is still read of a body that is too long, so that its sender gets to see the answer. */
const DISCARD_LIMIT = 1024 * 1024;
/** Unknown names that an answer repeats, and characters of one. */
const SHOWN_NAMES = 20;
const SHOWN_NAME = 100;

/**
 * The JSON value of a request body. Throws ProblemError: 413 above 64 KiB, 415 for a content coding,
 * 400 for anything that is not one JSON value in UTF-8.
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const coding = request.headers['content-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw new ProblemError(415, 'Send the body without a content coding.');
  }
  const bytes = await readBytes(request);
  if (bytes.length === 0) throw new ProblemError(400, 'The body is empty; a JSON object is expected.');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ProblemError(400, 'The body is not UTF-8.');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ProblemError(400, `The body is not JSON: ${(error as SyntaxError).message}`);
  }
  const repeated = repeatedMember(text);
  if (repeated !== undefined) {
    throw new ProblemError(
      400,
      `The body has ${JSON.stringify(repeated.slice(0, SHOWN_NAME))} twice in one object.`,
    );
  }
  return value;
}

/** Throws a ProblemError where there is a body that says anything: it would be taken for an order. */
export async function refuseBody(request: IncomingMessage): Promise<void> {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
  if (coding === undefined && Number(length) === 0) return;
  const bytes = await readBytes(request);
  if (!/^\s*(?:\{\s*\}\s*)?$/.test(bytes.toString('latin1'))) {
    throw new ProblemError(400, 'This call takes no body.');
  }
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > DISCARD_LIMIT) throw tooLong();
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Destroying the request would destroy the connection under the answer.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length <= BODY_LIMIT) chunks.push(chunk);
      if (length > DISCARD_LIMIT) break;
    }
  } catch {
    throw new ProblemError(400, 'The body ended early.');
  }
  if (length > BODY_LIMIT) throw tooLong();
  return Buffer.concat(chunks, length);
}

function tooLong(): ProblemError {
  return new ProblemError(413, `The body is longer than ${BODY_LIMIT} bytes.`);
}

/** The members of a JSON object. Throws a 400 for anything else, and one that names every unknown member. */
export function members(value: unknown, known: readonly string[], where = 'The body'): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProblemError(400, `${where} must be a JSON object.`);
  }
  const found = new Map<string, unknown>(Object.entries(value));
  const strange = [...found.keys()].filter((name) => !known.includes(name));
  if (strange.length > 0) {
    const unknown = strange.slice(0, SHOWN_NAMES).map((name) => name.slice(0, SHOWN_NAME));
    const named = unknown.map((name) => `${JSON.stringify(name)} – ${meant(name, known)}`).join('; ');
    const more = strange.length > SHOWN_NAMES ? `; and ${strange.length - SHOWN_NAMES} more` : '';
    throw new ProblemError(400, `${where} has unknown members: ${named}${more}`, { unknown });
  }
  return found;
}

/** A boolean member, false where absent. Throws a 400 for anything else, which calls it `called`. */
export function flag(found: ReadonlyMap<string, unknown>, name: string, called = name): boolean {
  const value = found.has(name) ? found.get(name) : false;
  if (typeof value !== 'boolean') throw new ProblemError(400, `"${called}" must be true or false.`);
  return value;
}

/** A list of strings with at least one member. Throws a 400 for anything else. */
export function strings(value: unknown, name: string): string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new ProblemError(400, `"${name}" must be a list of at least one string.`);
  }
  return value.map((member: unknown, i) => text(member, `${name}[${i}]`));
}

/**
 * A string of 1 to 8,192 characters without control characters and halves of characters, which nothing stored
 * can hold. Throws a 400 for anything else.
 */
export function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new ProblemError(400, `"${name}" must be a string.`);
  if (value === '') throw new ProblemError(400, `"${name}" is empty.`);
  if (value.length > 8192) throw new ProblemError(400, `"${name}" is longer than 8,192 characters.`);
  if (/\p{Cc}/u.test(value)) throw new ProblemError(400, `"${name}" contains control characters.`);
  if (/\p{Cs}/u.test(value)) throw new ProblemError(400, `"${name}" contains half of a character.`);
  return value;
}
