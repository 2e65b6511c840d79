import type { Advice } from '../admin/explanation.ts';
import { element } from './element.ts';
import { prose } from './prose.ts';

const WHOSE: Readonly<Record<Advice['at'], string>> = {
  configuration: 'In the configuration',
  upstream: 'At the upstream',
  client: 'At the client',
};

/** One change that would have the request cached, or cached better. */
export function adviceView({ at, path, what, why, snippet, warning }: Advice): HTMLElement {
  return element(
    'div',
    { class: 'advice' },
    element(
      'p',
      {},
      element('b', {}, `${WHOSE[at]}: `),
      ...prose(what),
      path !== null && ' ',
      path !== null && element('code', {}, path),
    ),
    element('p', { class: 'muted' }, ...prose(why)),
    warning !== null && element('p', { 'data-level': 'warn' }, ...prose(warning)),
    snippet !== null && element('pre', { tabindex: 0, 'aria-label': 'As YAML' }, snippet),
  );
}
