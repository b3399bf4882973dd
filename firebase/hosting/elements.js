// What all views are made of. Whatever comes from the database is shown as text (textContent), never as markup.

import { moneyText, signOf } from './text.js';

export function element(tag, className = '', ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

export function show(target, text, data = {}) {
  if (target.textContent !== text) target.textContent = text;
  for (const [name, value] of Object.entries(data)) {
    if (value) target.dataset[name] = value;
    else delete target.dataset[name];
  }
}

/** Makes `wanted` the children of `parent`, and leaves those that already stand right where they are. */
export function arrange(parent, wanted) {
  wanted.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
  while (parent.children.length > wanted.length) parent.lastElementChild.remove();
}

/** Views by key: made when their key comes, forgotten when it goes. */
export class Views {
  #views = new Map();
  constructor(make) {
    this.make = make;
  }
  of(keys) {
    const wanted = new Set(keys);
    for (const key of this.#views.keys()) if (!wanted.has(key)) this.#views.delete(key);
    return keys.map((key) => {
      if (!this.#views.has(key)) this.#views.set(key, this.make(key));
      return this.#views.get(key);
    });
  }
}

/** Labelled amounts of money in one line. */
export class Numbers {
  root = element('dl', 'numbers');
  #values = new Map();
  render(rows) {
    const shown = rows.filter(([, value]) => value !== undefined);
    this.root.hidden = shown.length === 0;
    arrange(this.root, shown.map(([label, value]) => {
      if (!this.#values.has(label)) this.#values.set(label, element('div', '', element('dt', '', label), element('dd')));
      const entry = this.#values.get(label);
      show(entry.lastElementChild, moneyText(value), { sign: signOf(value) });
      return entry;
    }));
  }
}
