import type { Colours } from './colours.ts';
import { byId, setText } from './element.ts';

/** The button that turns light into dark and back, until the page is loaded again. */
export function createThemeSwitch(colours: Colours): void {
  const button = byId('theme');
  const other = () => (colours.isDark ? 'light' : 'dark');
  const tell = () => {
    setText(button, other() === 'dark' ? 'Dark' : 'Light');
    button.setAttribute('aria-label', `${other() === 'dark' ? 'Dark' : 'Light'} theme`);
  };
  button.addEventListener('click', () => colours.choose(other()));
  colours.onChange(tell);
  tell();
}
