import { OperatorError } from '../errors.ts';

/** An error on its way between processes; a structured clone would lose what Node says of a system call. */
export interface ErrorParts {
  readonly message: string;
  /** Whether it is one that a person can act on. */
  readonly isOperators: boolean;
  readonly code?: string;
  readonly syscall?: string;
  readonly address?: string;
  readonly port?: number;
}

export function partsOf(error: unknown): ErrorParts {
  if (!(error instanceof Error)) return { message: String(error), isOperators: false };
  const { message, code, syscall, address, port } = error as NodeJS.ErrnoException & Partial<ErrorParts>;
  return {
    message,
    isOperators: error instanceof OperatorError,
    ...(code !== undefined && { code }),
    ...(syscall !== undefined && { syscall }),
    ...(address !== undefined && { address }),
    ...(port !== undefined && { port }),
  };
}

export function errorOf({ message, isOperators, ...rest }: ErrorParts): Error {
  return Object.assign(isOperators ? new OperatorError(message) : new Error(message), rest);
}
