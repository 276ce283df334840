// The equations, typeset or as text. What is typed is checked after a pause; the run goes on with the last text
// that could be read, and the draft outlives a reload.
import type { Diagnostic, Equations } from './contract';
import { h, markup } from './dom';

const PAUSE = 450;

/** Room that is held open under a line for what is said about it. */
interface Gap {
  /** The line it stands under, from 1. */
  line: number;
  height: number;
}
const WORDS = /\b(par|param|params|p|number|init|i|aux|done|global|wiener|table|if|then|else|x0)\b/i;

export class EquationsPanel extends HTMLElement {
  /** Tries a text: runs it when it is good. */
  onedit: (text: string) => void = () => undefined;
  onopen: (open: boolean) => void = () => undefined;
  #slug = '';
  #editing = false;
  #timer = 0;
  #diagnostics: Diagnostic[] = [];
  #gaps: Gap[] = [];
  /** While a selection reaches across a gap there are none: what is selected is shown by the text area itself. */
  #folded = false;
  readonly #toggle = h('button', { class: 'textlink', onclick: () => this.edit(!this.#editing) }, 'Edit as text');
  readonly #typeset = h('div', { class: 'typeset' });
  readonly #gutter = h('div', { class: 'gutter', 'aria-hidden': 'true' });
  readonly #under = h('pre', { 'aria-hidden': 'true' });
  readonly #area = h('textarea', {
    'aria-label': 'Equations', spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off', wrap: 'off', 'aria-describedby': 'equation-faults',
    oninput: () => this.#typed(), onkeydown: (event: KeyboardEvent) => this.#key(event),
    // Before the click places the caret, the text area is moved to where the clicked line is seen.
    onpointerdown: (event: PointerEvent) => this.#align(event.clientY),
  });
  readonly #faults = h('ul', { class: 'faults', id: 'equation-faults', role: 'alert' });
  readonly #note = h('p', { class: 'dim' });
  readonly #editor = h('div', { hidden: true },
    h('div', { class: 'editor' }, h('div', { class: 'layers' }, this.#gutter, h('div', { class: 'sheet' }, this.#under, this.#area, this.#faults))), this.#note);
  readonly #header = h('header', {}, h('h2', {}, 'Equations'), h('span', { class: 'aux' }, this.#toggle));

  connectedCallback(): void {
    if (this.#header.isConnected) return;
    this.replaceChildren(this.#header, this.#editor, this.#typeset);
    document.addEventListener('selectionchange', () => {
      if (document.activeElement === this.#area) this.#align();
    });
    // A message that breaks into more lines, as on a turned phone, needs more room.
    new ResizeObserver(() => this.#paint()).observe(this.#editor);
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
    this.#told();
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
    // What is said about lines that are still the same stays until the text has been read again.
    const lines = this.#area.value.split('\n');
    const kept = this.#diagnostics.filter(({ line }) => lines[line - 1] === this.#lines[line - 1]);
    if (kept.length !== this.#diagnostics.length) {
      this.#diagnostics = kept;
      this.#told();
    }
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
  /** Selects what a diagnostic is about. Columns count characters, the text area counts code units. */
  #goto({ line, column, length }: Diagnostic): void {
    const lines = this.#area.value.split('\n');
    const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
    const letters = [...(lines[line - 1] ?? '')];
    const from = before + letters.slice(0, column - 1).join('').length;
    this.#area.focus({ preventScroll: true });
    this.#area.setSelectionRange(from, from + letters.slice(column - 1, column - 1 + Math.max(1, length)).join('').length);
  }
  #repair(fault: Diagnostic, by: string): void {
    this.#goto(fault);
    // Typed as by hand, so that the browser's own undo takes it back; not every engine still offers that.
    if (!document.execCommand('insertText', false, by)) {
      this.#area.setRangeText(by, this.#area.selectionStart, this.#area.selectionEnd, 'end');
      this.#typed();
    }
    this.#try();
  }

  /** The messages, grouped by the line they are about. */
  #told(): void {
    const lines = this.#area.value.split('\n').length;
    const groups = new Map<number, Diagnostic[]>();
    for (const fault of this.#diagnostics) {
      const line = Math.max(1, Math.min(lines, fault.line));
      groups.set(line, [...(groups.get(line) ?? []), fault]);
    }
    this.#faults.replaceChildren(...[...groups].sort(([a], [b]) => a - b).map(([line, faults]) => h('li', { 'data-line': line }, ...faults.map((fault) => {
      const { message, help, replacement, severity, column } = fault;
      return h('div', {},
        h('span', {}, severity === 'warning' ? 'Warning: ' : '', ...worded(message)), ' ',
        // The button says what the help would say.
        help === null || (replacement !== null && help.startsWith('did you mean')) ? null : h('span', { class: 'help' }, ...worded(help), ' '),
        replacement === null ? null : h('button', { class: 'textlink use', onclick: () => this.#repair(fault, replacement) }, `Use ${replacement}`), ' ',
        h('button', { class: 'textlink where', onclick: () => this.#goto(fault) }, `line ${line}, column ${column}`));
    }))));
  }

  #lines: string[] = [];
  #paint(): void {
    const lines = (this.#lines = this.#area.value.split('\n'));
    this.#gaps = [];
    if (!this.#folded && !this.#editor.hidden) {
      for (const item of this.#faults.children) this.#gaps.push({ line: Number((item as HTMLElement).dataset['line']), height: (item as HTMLElement).offsetHeight });
    }
    const room = (i: number): string | null => {
      const gap = this.#gaps.find(({ line }) => line === i + 1);
      return gap === undefined ? null : `margin-bottom: ${gap.height}px`;
    };
    this.#faults.classList.toggle('folded', this.#folded);
    this.#gutter.replaceChildren(...lines.map((_, i) => h('div', { style: room(i) }, String(i + 1))));
    const rows = lines.map((line, i) => {
      const faults = this.#diagnostics.filter((fault) => fault.line === i + 1);
      return h('div', { style: room(i) }, ...(faults.length > 0 ? marked(line, faults) : coloured(line)));
    });
    this.#under.replaceChildren(...rows);
    for (const item of this.#faults.children) {
      const row = rows[Number((item as HTMLElement).dataset['line']) - 1];
      if (row !== undefined) (item as HTMLElement).style.top = `${row.offsetTop + row.offsetHeight}px`;
    }
    this.#align();
  }

  /**
   * Puts the text area, whose own lines are evenly spaced, where the line that is being worked on is seen: the
   * line of the caret or, for a click, the line at that height of the window.
   */
  #align(clientY?: number): void {
    const { selectionStart, selectionEnd, value } = this.#area;
    const lineOf = (at: number): number => value.slice(0, at).split('\n').length;
    const [from, to] = [lineOf(selectionStart), lineOf(selectionEnd)];
    const places = [...this.#faults.children].map((item) => Number((item as HTMLElement).dataset['line']));
    const folded = clientY === undefined && places.some((line) => line >= from && line < to);
    if (folded !== this.#folded) {
      this.#folded = folded;
      this.#paint();
      return;
    }
    const y = clientY === undefined ? null : clientY - this.#area.getBoundingClientRect().top;
    const above = this.#gaps.filter(({ line }) => {
      if (y === null) return line < from;
      const row = this.#under.children[line - 1] as HTMLElement | undefined;
      return row !== undefined && y >= row.offsetTop + row.offsetHeight;
    });
    this.#area.style.paddingTop = `${above.reduce((sum, { height }) => sum + height, 0)}px`;
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
/** Names in a message stand between backticks; on the page they are set as code. */
function worded(text: string): (Node | string)[] {
  return text.split('`').map((part, i) => (i % 2 === 1 ? h('b', {}, part) : part));
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
