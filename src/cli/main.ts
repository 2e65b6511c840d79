import { describeFailure } from './failure.ts';
import { createProgram } from './program.ts';

/** Runs the command line. Never rejects: what fails goes to standard error and into the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  // Whoever reads them may be gone.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    await createProgram(process.env).parseAsync(argv);
  } catch (error) {
    const { exitCode, message } = describeFailure(error);
    if (message !== '') process.stderr.write(`${message}\n`);
    process.exitCode = exitCode;
  }
}
