import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { loudSwitches } from '../config/loud-switches.ts';
import { OperatorError } from '../errors.ts';
import { type AuditOrigin, createAudit } from '../observe/audit.ts';

/** Who reloads where nobody says so. */
const OWN: AuditOrigin = { by: 'local', from: 'process' };

/**
 * `reload`, which resolves with the configuration that is taken over, with a line of the audit log whatever
 * becomes of it. It warns of protections given up as the start does. `file`: that is read.
 */
export function auditReload(
  reload: () => Promise<Config>,
  { log, file }: { readonly log: Logger; readonly file: string | undefined },
): (origin?: AuditOrigin) => Promise<void> {
  const audit = createAudit(log);
  const target = file ?? 'flags and environment';
  return async (origin = OWN) => {
    try {
      const { routes, ...config } = await reload();
      const without = loudSwitches({ ...config, routes });
      audit({
        ...origin,
        action: 'reload',
        target,
        result: 'done',
        details: { routes: routes.length, without },
      });
      if (without.length > 0) log.warn({ without }, 'settings that give up a protection: see SECURITY.md');
    } catch (error) {
      const [why] = error instanceof Error ? error.message.split('\n', 1) : [String(error)];
      const result = error instanceof OperatorError ? 'refused' : 'failed';
      audit({ ...origin, action: 'reload', target, result, details: { why } });
      throw error;
    }
  };
}
