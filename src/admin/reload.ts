import { OperatorError } from '../errors.ts';
import type { AdminParts } from './ports.ts';
import { ProblemError } from './problem.ts';
import type { Endpoint } from './router.ts';

/** `POST /reload`: reads the configuration anew; a file with mistakes leaves the running one in place. */
export function reloadEndpoint(parts: AdminParts): Endpoint {
  let underWay = false;
  return {
    path: '/reload',
    method: 'POST',
    scope: 'purge',
    async handle({ origin, noBody }) {
      await noBody();
      if (underWay) throw new ProblemError(409, 'A reload is under way.');
      underWay = true;
      try {
        await parts.reload(origin);
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
        throw new ProblemError(422, `The running configuration stays. ${error.message}`, {
          problems: problemsOf(error),
        });
      } finally {
        underWay = false;
      }
      return { status: 200, body: { status: 'reloaded', routes: parts.routeNames() } };
    },
  };
}

/** Every mistake that the error lists, or its message as the only one. */
function problemsOf(error: OperatorError): readonly unknown[] {
  return 'problems' in error && Array.isArray(error.problems) ? error.problems : [{ message: error.message }];
}

/** `GET /config`: what is in effect, secrets masked. */
export function configEndpoint(parts: AdminParts): Endpoint {
  return {
    path: '/config',
    method: 'GET',
    scope: 'read',
    handle: () => ({ status: 200, body: parts.config() }),
  };
}
