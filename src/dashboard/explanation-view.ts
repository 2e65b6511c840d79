import type { Explanation } from '../admin/explanation.ts';
import { type Child, element } from './element.ts';
import { adviceView } from './explanation-advice.ts';
import { predictionView } from './explanation-prediction.ts';
import { fieldsView, keyView, routesView } from './explanation-request-view.ts';
import { tierView } from './explanation-tier-view.ts';
import { upstreamView } from './explanation-upstream-view.ts';
import { prose } from './prose.ts';

/** An explanation section by section: what comes of the request first, then what that rests on. */
export function explanationView(explanation: Explanation): HTMLElement {
  const { summary, now, request, routes, key, memory, redis, upstream, advice } = explanation;
  return element(
    'div',
    { class: 'explanation' },
    element('p', { class: 'summary' }, ...prose(summary)),
    section('What would happen now', predictionView(explanation)),
    advice.length > 0 && section('What to change', ...advice.map(adviceView)),
    section('Route', routesView(routes)),
    key !== null && section('Cache key', keyView(key)),
    ...memory.map((view) =>
      section(view.worker === null ? 'In memory' : `In memory of worker ${view.worker}`, tierView(view, now)),
    ),
    redis !== null && section('In Redis', tierView(redis, now)),
    section('The upstream', upstreamView(upstream, now)),
    section('The request as it is understood', fieldsView(request)),
    element(
      'details',
      {},
      element('summary', {}, 'All of it as JSON'),
      element(
        'pre',
        { tabindex: 0, 'aria-label': 'The explanation as JSON' },
        JSON.stringify(explanation, null, 2),
      ),
    ),
  );
}

function section(heading: string, ...content: readonly Child[]): HTMLElement {
  return element('section', {}, element('h3', {}, heading), ...content);
}
