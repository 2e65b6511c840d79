/** The control of a form with this id. Throws where the page has none of this kind. */
export function fieldOf<Control extends HTMLElement>(id: string, kind: new () => Control): Control {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`The page has no ${kind.name} #${id}.`);
}
