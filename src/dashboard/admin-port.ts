import { CallError, callErrorOf } from './call-error.ts';
import { createEventReader, type StreamEvent } from './event-reader.ts';

/** The admin port that this page came from. Everything throws a CallError where it fails. */
export interface AdminPort {
  /** Sent with each call from now on; undefined: none. It is kept here, in memory, and nowhere else. */
  setToken(token: string | undefined): void;
  readonly hasToken: boolean;
  /** The JSON answer; also of a status that says no, where `anyStatus`. */
  get(
    path: string,
    options?: { readonly anyStatus?: boolean; readonly signal?: AbortSignal },
  ): Promise<unknown>;
  post(path: string, body: unknown, options?: PostOptions): Promise<unknown>;
  /** Events as they come, until the signal aborts or the other side ends. */
  events(path: string, signal: AbortSignal): AsyncGenerator<StreamEvent>;
}

export interface PostOptions {
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal | undefined;
}

export function createAdminPort(): AdminPort {
  let token: string | undefined;

  async function call(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    try {
      return await fetch(path, {
        ...init,
        headers,
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
      });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new CallError('The sidecar does not answer.');
    }
  }

  return {
    setToken(given) {
      token = given;
    },
    get hasToken() {
      return token !== undefined;
    },
    async get(path, { anyStatus = false, signal } = {}) {
      const response = await call(path, { signal: signal ?? AbortSignal.timeout(10_000) });
      return anyStatus ? readJson(response) : answerOf(response);
    },
    async post(path, body, { idempotencyKey, signal } = {}) {
      const headers = new Headers({ 'content-type': 'application/json' });
      if (idempotencyKey !== undefined) headers.set('idempotency-key', idempotencyKey);
      return answerOf(
        await call(path, { method: 'POST', body: JSON.stringify(body), headers, signal: signal ?? null }),
      );
    },
    async *events(path, signal) {
      const response = await call(path, { signal, headers: { accept: 'text/event-stream' } });
      if (!response.ok) await answerOf(response);
      if (response.body === null) throw new CallError('The stream has no body.');
      const read = createEventReader();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          yield* read(value);
        }
      } finally {
        await reader.cancel().catch(() => {});
      }
    },
  };
}

async function answerOf(response: Response): Promise<unknown> {
  const body = await readJson(response).catch((error: unknown) => {
    if (response.ok) throw error;
    return undefined;
  });
  if (response.ok) return body;
  const known = typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : '';
  throw callErrorOf(
    response.status,
    known || `The sidecar answered ${response.status}.`,
    response.headers.get('retry-after'),
  );
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw new CallError(`The sidecar's answer is no JSON.`, response.status);
  }
}
