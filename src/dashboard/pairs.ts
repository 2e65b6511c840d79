import { type Child, element } from './element.ts';

/** Names with their values; those without a value are left out. */
export function pairs(
  given: readonly (readonly [name: string, value: Child | readonly Child[]])[],
): HTMLElement {
  const told = given.filter(([, value]) => value !== undefined && value !== '' && value !== false);
  return element(
    'dl',
    { class: 'pairs' },
    ...told.map(([name, value]) =>
      element(
        'div',
        {},
        element('dt', {}, name),
        element('dd', {}, ...(Array.isArray(value) ? value : [value])),
      ),
    ),
  );
}
