/** A call of the admin port that did not do what it was to; its message says what, to people. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** undefined: there was no answer. */
  readonly status: number | undefined;
  /** ms until it makes sense to ask again; undefined: it does not say. */
  readonly wait: number | undefined;

  constructor(message: string, status?: number, wait?: number) {
    super(message);
    this.status = status;
    this.wait = wait;
  }
}

/** What is told of an answer that is none. `detail`: of its problem document (RFC 9457). */
export function callErrorOf(status: number, detail: string, retryAfter: string | null): CallError {
  const seconds = Number(retryAfter);
  const wait = retryAfter !== null && Number.isFinite(seconds) ? seconds * 1000 : undefined;
  return new CallError(`${leadOf(status)}${detail}`, status, wait);
}

function leadOf(status: number): string {
  switch (status) {
    case 401:
      return 'Not signed in. ';
    case 403:
      return 'Not allowed. ';
    default:
      return '';
  }
}
