/** What an element may be given: attributes, and listeners under names that begin with `on`. */
export type Properties = Readonly<Record<string, string | number | boolean | EventListener | undefined>>;
export type Child = Node | string | number | undefined | false;

/**
 * Makes an element. Text goes in as text: whatever a key or a URL holds, it is never markup. `undefined` and `false`
 * leave an attribute or a child out.
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? '' : String(value));
  }
  append(made, children);
  return made;
}

/** Puts these in place of whatever it holds. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

/** Sets the text where it differs: a screen reader, a selection and the layout notice nothing else. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets or removes an attribute where it differs. */
export function setAttribute(node: Element, name: string, value: string | undefined): void {
  if (value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** The element of the page with this id. Throws where there is none: the page and its modules belong together. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
}

function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === undefined || child === false) continue;
    parent.append(typeof child === 'number' ? String(child) : child);
  }
}
