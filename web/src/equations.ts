// The equations, typeset or as text. What is typed is checked after a pause; the run goes on with the last text
// that could be read, and the draft outlives a reload.
import type { Diagnostic, Equations } from './contract';
import { h, markup } from './dom';

const PAUSE = 450;
const WORDS = /\b(par|param|params|p|number|init|i|aux|done|global|wiener|table|if|then|else|x0)\b/i;

export class EquationsPanel extends HTMLElement {
  /** Tries a text: runs it when it is good. */
  onedit: (text: string) => void = () => undefined;
  onopen: (open: boolean) => void = () => undefined;
  #slug = '';
  #editing = false;
  #timer = 0;
  #diagnostics: Diagnostic[] = [];
  readonly #toggle = h('button', { class: 'textlink', onclick: () => this.edit(!this.#editing) }, 'Edit as text');
  readonly #typeset = h('div', { class: 'typeset' });
  readonly #gutter = h('div', { class: 'gutter', 'aria-hidden': 'true' });
  readonly #under = h('pre', { 'aria-hidden': 'true' });
  readonly #area = h('textarea', {
    'aria-label': 'Equations', spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off', wrap: 'off', 'aria-describedby': 'equation-faults',
    oninput: () => this.#typed(), onkeydown: (event: KeyboardEvent) => this.#key(event),
  });
  readonly #faults = h('ul', { class: 'faults', id: 'equation-faults', role: 'alert' });
  readonly #note = h('p', { class: 'dim' });
  readonly #editor = h('div', { hidden: true },
    h('div', { class: 'editor' }, h('div', { class: 'layers' }, this.#gutter, h('div', { class: 'sheet' }, this.#under, this.#area))), this.#faults, this.#note);
  readonly #header = h('header', {}, h('h2', {}, 'Equations'), h('span', { class: 'aux' }, this.#toggle));

  connectedCallback(): void {
    if (this.#header.isConnected) return;
    this.replaceChildren(this.#header, this.#editor, this.#typeset);
  }

  show(slug: string, equations: Equations | null): void {
    const other = slug !== this.#slug;
    this.#slug = slug;
    if (equations === null) return;
    this.#toggle.hidden = !equations.editable;
    this.#typeset.replaceChildren(...equations.mathml.map((line) => h('div', {}, markup(line))));
    const draft = this.#draft();
    if (other) {
      this.#diagnostics = [];
      this.#area.value = draft ?? equations.text;
      this.#paint();
      const kept = draft !== null && draft.trim() !== equations.text.trim();
      if (this.#editing || kept) this.edit(true);
      if (kept) this.#try();
    } else if (document.activeElement !== this.#area && draft === null) {
      this.#area.value = equations.text;
      this.#paint();
    }
  }

  /** What came of the text. */
  judged(good: boolean, diagnostics: Diagnostic[]): void {
    this.#diagnostics = diagnostics;
    this.#typeset.classList.toggle('stale', !good);
    if (good) this.#keep(null);
    this.#faults.replaceChildren(...diagnostics.map(({ message, help, line, column, severity, length }) => h('li', {},
      severity === 'warning' ? 'Warning: ' : '', message, ' ', help === null ? null : h('span', {}, help), ' ',
      h('button', { class: 'textlink', onclick: () => this.#goto(line, column, length) }, `line ${line}, column ${column}`))));
    this.#note.textContent = good ? '' : 'The run goes on with the equations below until the text reads again.';
    this.#paint();
  }

  edit(open: boolean): void {
    this.#editing = open;
    this.#editor.hidden = !open;
    this.#toggle.textContent = open ? 'Close the text' : 'Edit as text';
    this.onopen(open);
    this.#paint();
    if (open) this.#area.focus({ preventScroll: true });
  }
  /** Puts a text in the editor, as from a file. */
  take(text: string): void {
    this.#area.value = text;
    this.edit(true);
    this.#keep(text);
    this.#try();
  }

  #typed(): void {
    this.#keep(this.#area.value);
    this.#diagnostics = [];
    this.#paint();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#try(), PAUSE);
  }
  #try(): void {
    clearTimeout(this.#timer);
    this.onedit(this.#area.value);
  }
  #key(event: KeyboardEvent): void {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#try();
    } else if (event.key === 'Escape') this.#toggle.focus();
  }
  #goto(line: number, column: number, length: number): void {
    const before = this.#area.value.split('\n').slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    this.#area.focus();
    this.#area.setSelectionRange(before + column - 1, before + column - 1 + Math.max(1, length));
  }

  #paint(): void {
    const lines = this.#area.value.split('\n');
    this.#gutter.textContent = lines.map((_, i) => i + 1).join('\n');
    this.#under.replaceChildren(...lines.flatMap((line, i): (Node | string)[] => {
      const faults = this.#diagnostics.filter((fault) => fault.line === i + 1);
      return [...(faults.length > 0 ? marked(line, faults) : coloured(line)), '\n'];
    }));
  }

  #place(): string {
    return `separatrix.draft.${this.#slug}`;
  }
  #draft(): string | null {
    try {
      return localStorage.getItem(this.#place());
    } catch {
      return null;
    }
  }
  #keep(text: string | null): void {
    try {
      if (text === null) localStorage.removeItem(this.#place());
      else localStorage.setItem(this.#place(), text);
    } catch {
      // Private windows may refuse storage; then a draft lives as long as the page.
    }
  }
}
customElements.define('sx-equations', EquationsPanel);

function coloured(line: string): (Node | string)[] {
  if (/^\s*[#%"]/.test(line)) return [h('span', { class: 'c' }, line)];
  const word = /^(\s*)([A-Za-z]+)(\s.*)?$/.exec(line);
  const name = word?.[2];
  if (word !== null && name !== undefined && WORDS.test(name) && (word[3] !== undefined || /^done$/i.test(name))) return [word[1] ?? '', h('span', { class: 'k' }, name), word[3] ?? ''];
  return [line];
}
/** Columns count characters, so that one outside the basic plane counts once. */
function marked(line: string, faults: Diagnostic[]): (Node | string)[] {
  const letters = [...line];
  const parts: (Node | string)[] = [];
  let at = 0;
  for (const { column, length } of [...faults].sort((a, b) => a.column - b.column)) {
    const from = Math.max(at, Math.min(letters.length, column - 1));
    const to = Math.max(from, Math.min(letters.length, from + Math.max(1, length)));
    parts.push(letters.slice(at, from).join(''), h('span', { class: 'bad' }, letters.slice(from, to).join('') || ' '));
    at = to;
  }
  parts.push(letters.slice(at).join(''));
  return parts;
}
