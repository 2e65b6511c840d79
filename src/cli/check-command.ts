import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

/** `cacheside check FILE`. */
export function addCheck(program: Command, terminal: Terminal): void {
  program
    .command('check')
    .description('check a configuration file and print its routes in order of trial')
    .argument('<file>', 'the YAML file')
    .option('--json', 'print what was found as JSON, for scripts')
    .action(async (file: string, { json = false }: { readonly json?: boolean }) => {
      const { check, checkAsJson } = await import('./check.ts');
      if (!json) {
        terminal.stdout.write(check(file, terminal.env));
        return;
      }
      const found = checkAsJson(file, terminal.env);
      terminal.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
      terminal.exit(found.ok ? 0 : 2);
    });
}
