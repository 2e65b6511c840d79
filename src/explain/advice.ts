import { stringify } from 'yaml';
import type { Advice } from '../admin/explanation.ts';
import type { RequestHead } from '../policy/request.ts';
import { ON_ANSWERS } from './advice-on-answers.ts';
import { ON_REQUESTS } from './advice-on-requests.ts';
import type { InTheWay } from './change.ts';

/** What to change about one detail; the safest first. Empty where nothing is to be changed. */
export function adviceOn(way: InTheWay): Advice[] {
  const { detail, place } = way;
  if (detail === undefined) return [];
  if (detail === 'no-route') return [addRoute(way.request)];
  const advise = place === undefined ? undefined : (ON_REQUESTS[detail] ?? ON_ANSWERS[detail]);
  return place === undefined || advise === undefined ? [] : advise({ ...way, place, rule: place.rule });
}

function addRoute({ path }: RequestHead): Advice {
  let ids = 0;
  const numbered = path.replace(/\/\d+(?=\/|$)/g, () => (ids++ === 0 ? '/:id' : `/:id${ids}`));
  const pattern = /^[\w\-./~]+$/.test(path) ? numbered : '/*';
  return {
    at: 'configuration',
    path: 'routes',
    what: `Add a route that takes ${pattern}.`,
    why: 'What no route matches is forwarded and not stored.',
    snippet: stringify({ routes: [{ match: `GET|HEAD ${pattern}`, ttl: '60s' }] }),
    warning: 'The lifetime counts where the upstream states none: name one that you can bear.',
  };
}
