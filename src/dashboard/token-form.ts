import type { AdminPort } from './admin-port.ts';
import type { CallError } from './call-error.ts';
import { byId, setText } from './element.ts';
import { messageOf } from './failure-text.ts';
import { fieldOf } from './form-field.ts';

/** Where a token is asked for. It goes into the memory of the page, and nowhere else. */
export interface TokenForm {
  /** Asks for one, or another, and says why. */
  ask(error: CallError): void;
  hide(): void;
}

export function createTokenForm(port: AdminPort, onChange: () => void): TokenForm {
  const section = byId('token');
  const field = fieldOf('token-value', HTMLInputElement);
  const error = byId('token-error');
  const forget = byId('forget-token');

  byId('token-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const token = field.value.trim();
    field.value = '';
    // What no header can hold, no token is.
    if (!/^[!-~]+$/.test(token)) return setText(error, 'A token has visible ASCII characters alone.');
    setText(error, '');
    port.setToken(token);
    onChange();
  });
  forget.addEventListener('click', () => {
    port.setToken(undefined);
    onChange();
  });

  return {
    ask(refusal) {
      // Nothing was given yet: that one is asked for is no mistake.
      setText(error, port.hasToken || refusal.status !== 401 ? messageOf(refusal) : '');
      const wasShown = !section.hidden;
      section.hidden = false;
      forget.hidden = true;
      if (!wasShown) field.focus();
    },
    hide() {
      section.hidden = true;
      setText(error, '');
      forget.hidden = !port.hasToken;
    },
  };
}
