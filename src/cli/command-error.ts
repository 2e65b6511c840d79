import { OperatorError } from '../errors.ts';

/** Ends a command with this exit code; the message says what happened, where, and what to do. */
export class CommandError extends OperatorError {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
