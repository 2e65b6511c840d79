/** What canvases paint with: the colours of the style sheet, in the theme of now. */
export interface Colours {
  /** Of a custom property, without its dashes: `text`, `outcome-hit`. */
  of(name: string): string;
  /** Tells of a change of theme. */
  onChange(listener: () => void): void;
  readonly isDark: boolean;
  /** Whatever the system says. */
  choose(theme: 'light' | 'dark'): void;
}

export function createColours(): Colours {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const listeners: (() => void)[] = [];
  const known = new Map<string, string>();
  let chosen: 'light' | 'dark' | undefined;
  // What a property comes to is known of elements alone.
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);

  const change = () => {
    known.clear();
    for (const listener of listeners) listener();
  };
  system.addEventListener('change', change);

  return {
    of(name) {
      const before = known.get(name);
      if (before !== undefined) return before;
      probe.style.color = `var(--${name})`;
      const { color } = getComputedStyle(probe);
      known.set(name, color);
      return color;
    },
    onChange: (listener) => void listeners.push(listener),
    get isDark() {
      return chosen === undefined ? system.matches : chosen === 'dark';
    },
    choose(theme) {
      chosen = theme;
      document.documentElement.dataset['theme'] = theme;
      change();
    },
  };
}
