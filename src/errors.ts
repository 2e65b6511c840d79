/** What happened, where, and what to do about it; the CLI prints it without a stack and exits 1. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}

/** Why an upstream exchange failed: one closed list, so that header, log and metric agree. */
export type UpstreamFailure =
  | 'connect-refused'
  | 'connect-timeout'
  | 'head-timeout'
  | 'body-timeout'
  | 'deadline'
  | 'reset'
  | 'bad-response'
  | 'truncated'
  | 'aborted'
  | 'tls'
  | 'dns'
  | 'closing';

/** A failed exchange with the upstream. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly failure: UpstreamFailure;

  constructor(failure: UpstreamFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
