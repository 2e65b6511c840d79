/** What happened, where, and what to do about it; the CLI prints it without a stack and exits 1. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}

/** Why an upstream exchange failed: one closed list, so that header, log and metric agree. */
export const UPSTREAM_FAILURES = [
  'connect-refused',
  'connect-timeout',
  /** None of `upstream.connections` became free in time. */
  'no-connection',
  'head-timeout',
  'body-timeout',
  'deadline',
  'reset',
  'bad-response',
  'truncated',
  'aborted',
  'tls',
  'dns',
  'closing',
] as const;

export type UpstreamFailure = (typeof UPSTREAM_FAILURES)[number];

/** Nothing was sent. Whatever else failed may have been carried out. */
export const UNSENT: ReadonlySet<UpstreamFailure> = new Set([
  'connect-refused',
  'connect-timeout',
  'no-connection',
  'dns',
]);

/** A failed exchange with the upstream. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly failure: UpstreamFailure;

  constructor(failure: UpstreamFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
