import type { Command } from 'commander';
import { type AdminOptions, adminClient, adminOptions } from './admin-options.ts';
import type { Terminal } from './terminal.ts';
import { visibleText } from './visible-text.ts';

interface Reloaded {
  readonly status: string;
  readonly routes: readonly string[];
}

/** Files are read and checked, and routes compiled, before the answer; ms. */
const PATIENCE = 60_000;

/** `cacheside reload`: `POST /reload`. */
export function addReload(program: Command, terminal: Terminal): void {
  adminOptions(program.command('reload'))
    .description('have a running sidecar read its configuration file anew')
    .action(async (options: AdminOptions) => {
      const client = await adminClient(options, terminal);
      const timeout = options.timeout === undefined ? PATIENCE : client.access.timeout;
      const { text, body } = await client.call<Reloaded>({ method: 'POST', path: '/reload', timeout }, [
        'status',
        'routes',
      ]);
      const { routes } = body;
      const count = routes.length === 1 ? '1 route' : `${routes.length} routes`;
      const names = routes.map(visibleText).join(', ');
      terminal.stdout.write(options.json ? text : `reloaded: ${count}: ${names}\n`);
    });
}
