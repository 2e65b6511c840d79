import { describeFailure } from './failure.ts';
import { createProgram } from './program.ts';
import { processTerminal, type Terminal } from './terminal.ts';

/** Runs the command line. Never rejects: what fails goes to standard error and into the exit code. */
export async function main(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<void> {
  try {
    await createProgram(terminal).parseAsync(argv);
  } catch (error) {
    const { exitCode, message } = describeFailure(error);
    if (message !== '') terminal.stderr.write(`${message}\n`);
    terminal.exit(exitCode);
  }
}
