import type { AdminPort } from './admin-port.ts';
import { byId, element, fill } from './element.ts';
import { failureText } from './failure-text.ts';
import { count } from './figures.ts';
import { fieldOf } from './form-field.ts';
import { PURGE_KINDS } from './purge-kinds.ts';
import type { PurgeAnswer } from './purge-orders.ts';
import { dryRunView, receiptView } from './purge-receipt.ts';
import { storedBelow } from './stored-below.ts';

/** The form that purges: it looks first, and purges what was looked at once that is confirmed. */
export interface PurgeForm {
  setRoutes(names: readonly string[]): void;
}

/** ms that replicas are waited for. */
const WAIT = 5_000;

export function createPurgeForm(port: AdminPort, onPurged: () => void): PurgeForm {
  const form = byId('purge-form');
  const result = byId('purge-result');
  const kind = fieldOf('purge-kind', HTMLSelectElement);
  const value = fieldOf('purge-value', HTMLInputElement);
  const soft = fieldOf('purge-soft', HTMLInputElement);
  const wait = fieldOf('purge-wait', HTMLInputElement);
  const submit = form.querySelector('button');
  /** Answers that come after the form was changed are not for it any more. */
  let look = 0;

  function adapt(): void {
    const { label, hint, placeholder } = PURGE_KINDS[kind.value] ?? { label: '', hint: '', placeholder: '' };
    byId('purge-value-label').textContent = label;
    byId('purge-hint').textContent = hint;
    byId('purge-value-field').hidden = kind.value === 'all';
    value.required = kind.value !== 'all';
    value.placeholder = placeholder;
    if (kind.value === 'route') value.setAttribute('list', 'route-names');
    else value.removeAttribute('list');
  }

  function forget(): void {
    look++;
    result.replaceChildren();
  }

  function giveUp(): void {
    forget();
    kind.focus();
  }

  async function lookFirst(): Promise<void> {
    forget();
    const mine = look;
    const named = { [kind.value]: kind.value === 'all' ? true : value.value.trim(), soft: soft.checked };
    submit?.setAttribute('aria-busy', 'true');
    try {
      const found = (await port.post('purge', { ...named, 'dry-run': true })) as PurgeAnswer;
      const below = kind.value === 'prefix' ? await storedBelow(port, value.value.trim()) : undefined;
      if (mine !== look) return;
      const key = randomKey();
      const confirm = element(
        'button',
        { type: 'button', class: 'danger', id: 'purge-confirm', onclick: () => void purge(named, key) },
        confirmText(found),
      );
      const cancel = element('button', { type: 'button', onclick: giveUp }, 'Cancel');
      fill(result, dryRunView(found), below, element('div', { class: 'row' }, confirm, cancel));
    } catch (error) {
      if (mine === look) fill(result, failureText(error));
    } finally {
      submit?.removeAttribute('aria-busy');
    }
  }

  function confirmText({ matched }: PurgeAnswer): string {
    const verb = soft.checked ? 'Outdate' : 'Purge';
    if (kind.value === 'all') return `${verb} everything`;
    return matched === null || matched === 0
      ? `${verb} all the same`
      : `${verb} ${count(matched)} and what else matches`;
  }

  /** The key makes one purge of several attempts. */
  async function purge(named: object, idempotencyKey: string): Promise<void> {
    const mine = ++look;
    const order = wait.checked ? { ...named, wait: WAIT } : named;
    fill(
      result,
      element(
        'p',
        { tabindex: -1, id: 'purge-under-way' },
        wait.checked ? 'Purging, and waiting for the replicas …' : 'Purging …',
      ),
    );
    byId('purge-under-way').focus();
    try {
      const answer = (await port.post('purge', order, { idempotencyKey })) as PurgeAnswer;
      if (mine === look) fill(result, receiptView(answer));
      onPurged();
    } catch (error) {
      if (mine !== look) return;
      const again = element(
        'button',
        { type: 'button', onclick: () => void purge(named, idempotencyKey) },
        'Try again',
      );
      fill(result, failureText(error), again);
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void lookFirst();
  });
  form.addEventListener('input', (event) => {
    if (event.target === kind) value.value = '';
    adapt();
    forget();
  });
  adapt();
  return {
    setRoutes(names) {
      fill(byId('route-names'), ...names.map((name) => element('option', { value: name })));
    },
  };
}

/** Also where a page came over plain HTTP from afar, to which browsers give no UUIDs. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `dashboard-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
