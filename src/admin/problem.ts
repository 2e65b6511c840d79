/** Thrown by a handler to answer with a problem document (RFC 9457) instead. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Name of the token, where it was a valid one; for the log. */
  readonly by: string | undefined;

  constructor(
    status: number,
    detail: string,
    extensions: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
    by?: string,
  ) {
    super(detail);
    this.status = status;
    this.extensions = extensions;
    this.headers = headers;
    this.by = by;
  }
}
