import { type IncomingMessage, type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { text as textOf } from 'node:stream/consumers';
import { noAdminPort, refused, unreachable } from './admin-refusal.ts';

/** Where the admin port is, and what opens it. */
export interface AdminAccess {
  /** http: or https:; without user, query and fragment. */
  readonly url: URL;
  readonly token: string | undefined;
  /** How long the connection may be silent, ms. */
  readonly timeout: number;
}

export interface AdminCall {
  readonly method: 'GET' | 'POST';
  /** With its query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of that of the access, ms. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** An answer of the 2xx. */
export interface Answered<T> {
  readonly status: number;
  /** As it was sent. */
  readonly text: string;
  readonly body: T;
}

/** All of it throws a CommandError where the port cannot be reached, refuses, or is no admin port; or why `signal` aborted. */
export interface AdminClient {
  readonly access: AdminAccess;
  /** `has`: members without which the answer is not what was asked for. */
  call<T extends object>(call: AdminCall, has: readonly (string & keyof T)[]): Promise<Answered<T>>;
  /** The same, for an answer that goes on: its body, once it begins. */
  open(call: AdminCall, contentType: string): Promise<IncomingMessage>;
}

export function createAdminClient(access: AdminAccess): AdminClient {
  return {
    access,
    async call<T extends object>(call: AdminCall, has: readonly (string & keyof T)[]) {
      const response = await send(access, call);
      const text = await textOf(response).catch((error: unknown) => {
        throw failed(error, access, call);
      });
      const body = parse(text);
      const status = response.statusCode ?? 0;
      if (status < 200 || status > 299) throw refused(access, { status, body, headers: response.headers });
      if (!hasMembers<T>(body, has)) throw noAdminPort(access, call.path);
      return { status, text, body };
    },
    async open(call, contentType) {
      const response = await send(access, call);
      const { statusCode: status = 0, headers } = response;
      if (status === 200 && headers['content-type']?.startsWith(contentType)) return response;
      const body = parse(await textOf(response).catch(() => ''));
      throw status === 200 ? noAdminPort(access, call.path) : refused(access, { status, body, headers });
    },
  };
}

function send(access: AdminAccess, call: AdminCall): Promise<IncomingMessage> {
  const { url, token, timeout } = access;
  const { method, path, body, headers = {}, signal } = call;
  const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const options: RequestOptions = {
    method,
    path: url.pathname.replace(/\/$/, '') + path,
    // A kept connection may be closed by the other side just as it is used again.
    agent: false,
    timeout: call.timeout ?? timeout,
    headers: {
      accept: '*/*',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(payload === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': payload.length }),
      ...headers,
    },
    ...(signal === undefined ? {} : { signal }),
  };
  return new Promise((resolve, reject) => {
    let begun: IncomingMessage | undefined;
    const request = (url.protocol === 'https:' ? requestTls : requestPlain)(url, options, (response) => {
      begun = response;
      resolve(response);
    });
    request.on('timeout', () => (begun ?? request).destroy(new Error('timeout', { cause: 'timeout' })));
    request.on('error', (error) => reject(failed(error, access, call)));
    request.end(payload);
  });
}

function failed(
  error: unknown,
  access: AdminAccess,
  { signal, timeout = access.timeout }: AdminCall,
): unknown {
  return signal?.aborted ? signal.reason : unreachable(access, error, timeout);
}

/** undefined where it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function hasMembers<T extends object>(body: unknown, has: readonly (string & keyof T)[]): body is T {
  return typeof body === 'object' && body !== null && has.every((name) => name in body);
}
