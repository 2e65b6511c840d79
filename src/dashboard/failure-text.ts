import { CallError } from './call-error.ts';
import { element } from './element.ts';
import { span } from './figures.ts';

/** What is said of a call that failed, and what to do where that is known. */
export function failureText(error: unknown): HTMLElement {
  return element('p', { class: 'error' }, messageOf(error));
}

export function messageOf(error: unknown): string {
  if (!(error instanceof CallError)) return error instanceof Error ? error.message : String(error);
  if (error.wait !== undefined) return `${error.message} Try again in ${span(error.wait)}.`;
  return error.message;
}
