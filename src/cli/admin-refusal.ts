import type { IncomingHttpHeaders } from 'node:http';
import { formatDuration } from '../config/duration.ts';
import { formatProblem, type Problem } from '../config/problems.ts';
import type { AdminAccess } from './admin-client.ts';
import { CommandError } from './command-error.ts';
import { visibleText } from './visible-text.ts';

const NAME_IT = 'name it with --admin URL or CACHESIDE_ADMIN';

/** What a problem document (RFC 9457) says. */
interface ProblemDocument {
  readonly detail?: unknown;
  readonly problems?: unknown;
}

/** It was asked, and refused. */
export class AdminRefusal extends CommandError {
  readonly status: number;
  /** What its problem document said. */
  readonly detail: string;

  constructor(status: number, detail: string, message: string, exitCode: 1 | 2 = 1) {
    super(message, exitCode);
    this.status = status;
    this.detail = detail;
  }
}

/** Why there was no answer, in one sentence with what to do. `timeout` in ms. */
export function unreachable({ url }: AdminAccess, error: unknown, timeout: number): CommandError {
  const at = addressOf(url);
  const { code = '', message, cause } = fault(error);
  if (cause === 'timeout')
    return new CommandError(
      `${at} did not answer within ${formatDuration(timeout)} – is it overloaded, or no admin port? Wait longer with --timeout`,
    );
  switch (code) {
    case 'ECONNREFUSED':
      return new CommandError(
        `no admin port at ${at} – is Cacheside running there? If it listens elsewhere, ${NAME_IT}`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new CommandError(`the host name ${url.hostname} is not known – ${NAME_IT}`);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return new CommandError(`no way to ${at} (${code}) – ${NAME_IT}`);
    case 'ECONNRESET':
    case 'EPIPE':
      return new CommandError(
        `${at} closed the connection – is it the admin port, and Cacheside not just stopping?`,
      );
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
    case 'EPROTO':
      return new CommandError(`${at} speaks no TLS – write http://${url.host} instead`);
  }
  if (code.startsWith('HPE_'))
    return new CommandError(
      `what answers at ${at} does not speak HTTP – ${NAME_IT}; if it wants TLS, write https://`,
    );
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code))
    return new CommandError(
      `the certificate of ${url.host} is not trusted (${code}) – name the file of its CA in NODE_EXTRA_CA_CERTS`,
    );
  return new CommandError(`${at} cannot be asked: ${message}`);
}

/** Why it refused. What is wrong with the arguments or the configuration exits with 2. */
export function refused(
  access: AdminAccess,
  answer: { readonly status: number; readonly body: unknown; readonly headers: IncomingHttpHeaders },
): CommandError {
  const { status, headers } = answer;
  const at = addressOf(access.url);
  const document = problemOf(answer.body);
  const said = typeof document?.detail === 'string' ? visibleText(document.detail) : undefined;
  switch (status) {
    case 401:
      return new CommandError(
        access.token === undefined
          ? `${at} wants a token – set CACHESIDE_TOKEN, or name a file that has it with --token-file`
          : `${at} does not know this token – is it one of this sidecar’s admin.tokens?`,
      );
    case 403:
      return new CommandError(
        `${at} refuses: ${said ?? 'forbidden'} – the scopes of a token stand in admin.tokens`,
      );
    case 429:
      return new CommandError(
        `${at} refuses: ${said ?? 'too many calls'} – try again in ${headers['retry-after'] ?? 'some'} s, and check the token: one of 32 characters or more is looked at all the same`,
      );
    case 404:
      if (said === undefined) return noAdminPort(access, '');
      return new CommandError(`${at} refuses: ${said} – is it a Cacheside of this version?`);
    case 400:
    case 413:
      return new AdminRefusal(status, said ?? '', `${at} refuses: ${said ?? `status ${status}`}`, 2);
    case 422:
      return new CommandError(mistakes(document) ?? `${at} refuses: ${said ?? ''}`, 2);
  }
  if (said === undefined && (status < 500 || answer.body === undefined))
    return new CommandError(
      `what answers at ${at} (status ${status}) is no admin port of Cacheside – ${NAME_IT}`,
    );
  return new CommandError(`${at} refuses (status ${status}): ${said ?? 'without saying why'}`);
}

/** It answered, and with something else. */
export function noAdminPort({ url }: AdminAccess, path: string): CommandError {
  const what = path === '' ? '' : ` (asked for ${path})`;
  return new CommandError(
    `what answers at ${addressOf(url)} is no admin port of Cacheside, or of another version${what} – is it the port of the proxy? If so, ${NAME_IT}`,
  );
}

function addressOf(url: URL): string {
  return url.origin + url.pathname.replace(/\/$/, '');
}

function fault(error: unknown): {
  readonly code?: string;
  readonly message: string;
  readonly cause?: unknown;
} {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0];
  return error instanceof Error ? error : { message: String(error) };
}

function problemOf(body: unknown): ProblemDocument | undefined {
  return typeof body === 'object' && body !== null ? body : undefined;
}

/** The mistakes of a configuration file, as `check` shows them. */
function mistakes(document: ProblemDocument | undefined): string | undefined {
  const problems = document?.problems;
  if (!Array.isArray(problems)) return undefined;
  const shown = problems.filter(isMistake).map(({ source, line = 0, column = 0, path = '', message }) => {
    return visibleText(formatProblem({ source, line, column, path, message }));
  });
  const count = shown.length === 1 ? '1 problem' : `${shown.length} problems`;
  return ['not reloaded, the running configuration stays:', ...shown, count].join('\n');
}

function isMistake(value: unknown): value is Partial<Problem> & Pick<Problem, 'message'> {
  return typeof value === 'object' && value !== null && 'message' in value;
}
