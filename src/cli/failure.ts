import { CommanderError } from 'commander';
import { ConfigError } from '../config/problems.ts';
import { CommandError } from './command-error.ts';

/** What the shell is told: 1 for a problem at run, 2 for bad usage or a bad configuration. */
export interface Failure {
  readonly exitCode: 0 | 1 | 2;
  /** For standard error; empty where it was printed already. */
  readonly message: string;
}

/** An error as the person at the terminal gets it: no stack, and what to do where that is known. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2, message: '' };
  if (error instanceof ConfigError) {
    const count = error.problems.length;
    return { exitCode: 2, message: `${error.message}\n${count === 1 ? '1 problem' : `${count} problems`}` };
  }
  if (!(error instanceof Error)) return { exitCode: 1, message: `cacheside: ${String(error)}` };
  if (error instanceof CommandError)
    return { exitCode: error.exitCode, message: `cacheside: ${error.message}` };
  const { cause } = error;
  const listening = listenProblem(error) ?? (cause instanceof Error ? listenProblem(cause) : undefined);
  return { exitCode: 1, message: `cacheside: ${listening ?? error.message}` };
}

/** The usual reasons why an address can't be listened on; undefined for anything else. */
function listenProblem(
  error: NodeJS.ErrnoException & { address?: string; port?: number },
): string | undefined {
  if (error.syscall !== 'listen' && error.syscall !== 'getaddrinfo' && error.syscall !== 'bind')
    return undefined;
  const host = error.address?.includes(':') ? `[${error.address}]` : (error.address ?? '');
  const where = `cannot listen on ${host}:${error.port ?? ''}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return `${where}: the port is in use – stop what holds it, or choose another with --listen or --admin-listen`;
    case 'EACCES':
      return `${where}: not permitted – choose a port above 1023, or grant the right to bind it`;
    case 'EADDRNOTAVAIL':
      return `${where}: this machine has no such address – choose 127.0.0.1 or one of its own`;
    case 'ENOTFOUND':
      return `cannot listen: the host name is unknown – write an IP address`;
    default:
      return `${where}: ${error.message}`;
  }
}
