import type { ExplainOrder, Explanation } from '../admin/explanation.ts';
import type { AdminPort } from './admin-port.ts';
import { byId, element, fill } from './element.ts';
import { explanationView } from './explanation-view.ts';
import { failureText } from './failure-text.ts';
import { fieldOf } from './form-field.ts';
import { headersIn } from './header-lines.ts';

/** The form that has a request explained. */
export interface ExplainForm {
  /** Explains a GET of this URL, and goes there. */
  explain(url: string): void;
}

export function createExplainForm(port: AdminPort): ExplainForm {
  const form = byId('explain-form');
  const status = byId('explain-status');
  const place = byId('explanation');
  const method = fieldOf('explain-method', HTMLSelectElement);
  const url = fieldOf('explain-url', HTMLInputElement);
  const host = fieldOf('explain-host', HTMLInputElement);
  const headers = fieldOf('explain-headers', HTMLTextAreaElement);
  let asked = 0;

  async function ask(): Promise<void> {
    const mine = ++asked;
    fill(status, element('p', { class: 'muted' }, 'Looking …'));
    place.replaceChildren();
    try {
      const explanation = (await port.post('explain', order())) as Explanation;
      if (mine !== asked) return;
      fill(place, explanationView(explanation));
      // The status line alone is read out; the rest is there to be walked through.
      fill(status, element('p', { class: 'visually-hidden' }, `Explained: ${explanation.summary}`));
    } catch (error) {
      if (mine === asked) fill(status, failureText(error));
    }
  }

  function order(): ExplainOrder {
    const given = host.value.trim();
    return {
      url: url.value.trim(),
      method: method.value,
      headers: headersIn(headers.value),
      ...(given === '' ? {} : { host: given }),
    };
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void ask();
  });
  return {
    explain(wanted) {
      method.value = 'GET';
      url.value = wanted;
      host.value = '';
      headers.value = '';
      byId('explain').scrollIntoView();
      byId('explain').focus({ preventScroll: true });
      void ask();
    },
  };
}
