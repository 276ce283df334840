// The equations, typeset or as text. What is typed is coloured and read along after a moment, and run after a pause;
// the run goes on with the last text that could be read, and the draft outlives a reload.
import { Completion, insert } from './completion';
import type { Diagnostic, Equations, Reading } from './contract';
import { h, markup } from './dom';
import { EXAMPLES } from './examples';
import { Menu, type Item } from './menu';
import { kept, marks, moved, pieces, starts, stretches, type Stretch } from './text';

/** Milliseconds without a key until a text is read along, and until it is run. */
const READ = 120;
const PAUSE = 450;
/** Equations that are typeset at once; a few more than that make no difference. */
const FIRST = 12;
const SLACK = 3;

/** Room that is held open under a line for what is said about it. */
interface Gap {
  /** The line it stands under, from 1. */
  line: number;
  height: number;
}

export class EquationsPanel extends HTMLElement {
  /** Tries a text: runs it when it is good. */
  onedit: (text: string) => void = () => undefined;
  /** Reads a text along without running it. */
  onread: (text: string) => Promise<Reading | null> = () => Promise.resolve(null);
  onopen: (open: boolean) => void = () => undefined;
  onfiles: () => void = () => undefined;
  #slug = '';
  #editing = false;
  #timer = 0;
  /** What is under way to be read, and the timer that waits for a pause of it. */
  #reading = false;
  #readTimer = 0;
  /** The text that was run last from here. */
  #tried: string | null = null;
  /** The text that the looks and the findings are about. */
  #text = '';
  #looks: Stretch[] = [];
  #diagnostics: Diagnostic[] = [];
  /** What is said under the lines: of the line that is being typed in only after a pause. */
  #said: Diagnostic[] = [];
  #gaps: Gap[] = [];
  #all = false;
  #equations: Equations | null = null;
  /** While a selection reaches across a gap there are none: what is selected is shown by the text area itself. */
  #folded = false;
  readonly #toggle = h('button', { class: 'textlink', onclick: () => this.edit(!this.#editing) }, 'Edit as text');
  readonly #exports = new Menu();
  readonly #examples = new Menu();
  readonly #typeset = h('div', { class: 'typeset' });
  readonly #gutter = h('div', { class: 'gutter', 'aria-hidden': 'true' });
  readonly #under = h('pre', { 'aria-hidden': 'true' });
  readonly #area = h('textarea', {
    'aria-label': 'Equations', spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off', wrap: 'off', 'aria-describedby': 'equation-faults',
    oninput: (event: InputEvent) => this.#typed(event.inputType), onkeydown: (event: KeyboardEvent) => this.#key(event),
    // Before the click places the caret, the text area is moved to where the clicked line is seen.
    onpointerdown: (event: PointerEvent) => this.#align(event.clientY),
  });
  readonly #completion = new Completion(this.#area, (at) => this.#boxAt(at));
  readonly #faults = h('ul', { class: 'faults', id: 'equation-faults', role: 'alert' });
  readonly #note = h('p', { class: 'dim', role: 'status' });
  readonly #editor = h('div', { hidden: true },
    h('div', { class: 'editor' }, h('div', { class: 'layers' }, this.#gutter, h('div', { class: 'sheet' }, this.#under, this.#area, this.#faults)), this.#completion.list),
    h('div', { class: 'editoracts' }, this.#examples, h('button', { class: 'textlink', onclick: () => this.onfiles() }, 'Open a file'), h('span', { class: 'dim keys' }, 'Ctrl Space completes')), this.#note);
  readonly #header = h('header', {}, h('h2', {}, 'Equations'), h('span', { class: 'aux' }, this.#exports, this.#toggle));

  connectedCallback(): void {
    if (this.#header.isConnected) return;
    this.#examples.items = () => EXAMPLES.map(({ name, sentence, text }) => ({ name, sentence, act: () => this.take(text) }));
    this.#completion.silent = (at) => this.#looks.some(({ look, from, to }) => look === 'comment' && from < at && at <= to);
    this.replaceChildren(this.#header, this.#editor, this.#typeset);
    this.#examples.label('Examples');
    this.#exports.label('Export as');
    document.addEventListener('selectionchange', () => {
      if (document.activeElement !== this.#area) return;
      this.#completion.moved();
      this.#align();
    });
    // A message that breaks into more lines, as on a turned phone, needs more room.
    new ResizeObserver(() => this.#paint()).observe(this.#editor);
  }
  /** What the equations can be exported as. */
  set exports(items: Item[]) {
    this.#exports.items = () => items;
    this.#exports.hidden = items.length === 0;
  }

  show(slug: string, equations: Equations | null): void {
    const other = slug !== this.#slug;
    // A text from here may open under another name; what has been typed since stays, and its draft goes along.
    const own = other && equations !== null && equations.typed && equations.text === this.#tried;
    if (own) this.#keep(null);
    this.#slug = slug;
    this.#equations = equations;
    if (equations === null) return;
    this.#toggle.hidden = !equations.editable;
    if (other) this.#all = false;
    this.#typeset_();
    if (own) {
      this.#keep(this.#area.value === equations.text ? null : this.#area.value);
      return;
    }
    const draft = this.#draft();
    if (other) {
      this.#diagnostics = this.#said = [];
      this.#area.value = draft ?? equations.text;
      this.#fresh();
      const held = draft !== null && draft.trim() !== equations.text.trim();
      if (this.#editing || held) this.edit(true);
      if (held) this.#try();
    } else if (document.activeElement !== this.#area && draft === null && this.#area.value !== equations.text) {
      this.#area.value = equations.text;
      this.#fresh();
    }
  }

  /** The first equations, and a way to the others. */
  #typeset_(): void {
    const lines = this.#equations?.mathml ?? [];
    const long = lines.length > FIRST + SLACK;
    const shown = long && !this.#all ? lines.slice(0, FIRST) : lines;
    const held = this.#typeset.querySelector('button') === document.activeElement;
    this.#typeset.replaceChildren(...shown.map((line) => h('div', {}, markup(line))));
    if (!long) return;
    const more = h('button', { class: 'textlink', 'aria-expanded': String(this.#all), onclick: () => {
      this.#all = !this.#all;
      this.#typeset_();
    } }, this.#all ? `Only the first ${FIRST}` : `… ${lines.length - FIRST} more`);
    this.#typeset.append(more);
    if (held) more.focus();
  }

  /** What came of a text. */
  judged(text: string, good: boolean, diagnostics: Diagnostic[]): void {
    const now = this.#area.value;
    this.#typeset.classList.toggle('stale', !good);
    this.#note.textContent = good ? '' : 'The run goes on with the equations below until the text reads again.';
    // Meanwhile more may have been typed.
    this.#diagnostics = kept(diagnostics, text, now);
    if (good && text === now) this.#keep(null);
    this.#tell(text === now ? this.#diagnostics : this.#unhurried());
    this.#paint();
  }

  edit(open: boolean): void {
    this.#editing = open;
    this.#editor.hidden = !open;
    this.#toggle.textContent = open ? 'Close the text' : 'Edit as text';
    this.#completion.close();
    this.onopen(open);
    this.#paint();
    if (!open) return;
    this.#area.focus({ preventScroll: true });
    void this.#read();
  }
  /** Puts a text in the editor, as from a file; the browser's own undo brings the old one back. */
  take(text: string): void {
    this.edit(true);
    this.#area.setSelectionRange(0, this.#area.value.length);
    insert(this.#area, text);
    this.#area.setSelectionRange(0, 0);
    this.#keep(text);
    this.#try();
  }

  #typed(kind: string): void {
    const now = this.#area.value;
    this.#keep(now);
    // What is said about lines that are still the same stays until the text has been read again.
    this.#diagnostics = kept(this.#diagnostics, this.#text, now);
    this.#tell(kept(this.#said, this.#text, now));
    this.#looks = moved(this.#looks, this.#text, now);
    this.#text = now;
    this.#paint();
    this.#completion.typed(kind);
    clearTimeout(this.#readTimer);
    this.#readTimer = window.setTimeout(() => void this.#read(), READ);
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#try(), PAUSE);
  }
  #try(): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#tried = this.#area.value;
    this.onedit(this.#tried);
  }
  /** A text of which nothing is known yet. */
  #fresh(): void {
    this.#text = this.#area.value;
    this.#looks = [];
    this.#paint();
    if (this.#editing) void this.#read();
  }
  /** One text at a time is read; what is typed meanwhile comes next. */
  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    const text = this.#area.value;
    const reading = await this.onread(text);
    this.#reading = false;
    const now = this.#area.value;
    if (reading !== null) {
      this.#text = now;
      this.#looks = moved(stretches(text, reading.highlights), text, now);
      this.#diagnostics = kept(reading.diagnostics, text, now);
      this.#tell(this.#unhurried());
      this.#paint();
      this.#completion.renew(reading.words);
    }
    if (now !== text) void this.#read();
  }
  /** The findings, but for what is not said yet of a line that is being typed in. */
  #unhurried(): Diagnostic[] {
    if (this.#timer === 0) return this.#diagnostics;
    const line = this.#area.value.slice(0, this.#area.selectionEnd).split('\n').length;
    return this.#diagnostics.filter((one) => one.line !== line || this.#said.some((said) => said.line === line && said.message === one.message));
  }
  #key(event: KeyboardEvent): void {
    if (this.#completion.key(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#try();
    } else if (event.key === 'Escape') this.#toggle.focus();
  }
  /** Selects what a diagnostic is about. */
  #goto(fault: Diagnostic): void {
    const [place] = marks(this.#area.value, [fault]);
    if (place === undefined) return;
    this.#area.focus({ preventScroll: true });
    this.#area.setSelectionRange(place.from, fault.length === 0 ? place.from : place.to);
  }
  #repair(fault: Diagnostic, by: string): void {
    this.#goto(fault);
    insert(this.#area, by);
    this.#try();
  }

  /** The messages, grouped by the line they are about. */
  #tell(said: Diagnostic[]): void {
    if (JSON.stringify(said) === JSON.stringify(this.#said)) return;
    this.#said = said;
    const lines = this.#area.value.split('\n').length;
    const groups = new Map<number, Diagnostic[]>();
    for (const fault of said) {
      const line = Math.max(1, Math.min(lines, fault.line));
      groups.set(line, [...(groups.get(line) ?? []), fault]);
    }
    this.#faults.replaceChildren(...[...groups].sort(([a], [b]) => a - b).map(([line, faults]) => h('li', { 'data-line': line }, ...faults.map((fault) => {
      const { message, help, replacement, severity, column } = fault;
      return h('div', { class: severity === 'warning' ? 'odd' : null },
        h('span', {}, severity === 'warning' ? 'Warning: ' : '', ...worded(message)), ' ',
        // The button says what the help would say.
        help === null || (replacement !== null && help.startsWith('did you mean')) ? null : h('span', { class: 'help' }, ...worded(help), ' '),
        replacement === null ? null : h('button', { class: 'textlink use', onclick: () => this.#repair(fault, replacement) }, `Use ${replacement}`), ' ',
        h('button', { class: 'textlink where', onclick: () => this.#goto(fault) }, `line ${line}, column ${column}`));
    }))));
  }

  /** What each line shows now: a line that looks the same is not made again. */
  #shown: string[] = [];
  #paint(): void {
    const rows = pieces(this.#area.value, this.#looks, marks(this.#area.value, this.#diagnostics));
    this.#gaps = [];
    if (!this.#folded && !this.#editor.hidden) {
      for (const item of this.#faults.children) this.#gaps.push({ line: Number((item as HTMLElement).dataset['line']), height: (item as HTMLElement).offsetHeight });
    }
    this.#faults.classList.toggle('folded', this.#folded);
    while (this.#under.childElementCount > rows.length) {
      this.#under.lastElementChild?.remove();
      this.#gutter.lastElementChild?.remove();
    }
    while (this.#under.childElementCount < rows.length) {
      this.#under.append(h('div'));
      this.#gutter.append(h('div', {}, String(this.#gutter.childElementCount + 1)));
    }
    const heights = new Map(this.#gaps.map(({ line, height }) => [line, `${height}px`]));
    const keys = rows.map((row) => row.map(({ look, text }) => `${look}\u0001${text}`).join('\u0002'));
    rows.forEach((row, i) => {
      const line = this.#under.children[i] as HTMLElement;
      if (keys[i] !== this.#shown[i] || line.childNodes.length !== row.length) line.replaceChildren(...row.map(({ text, look }) => (look === '' ? text : h('span', { class: look }, text))));
      const room = heights.get(i + 1) ?? '';
      for (const one of [line, this.#gutter.children[i] as HTMLElement]) if (one.style.marginBottom !== room) one.style.marginBottom = room;
    });
    this.#shown = keys;
    for (const item of this.#faults.children) {
      const row = this.#under.children[Number((item as HTMLElement).dataset['line']) - 1] as HTMLElement | undefined;
      if (row !== undefined) (item as HTMLElement).style.top = `${row.offsetTop + row.offsetHeight}px`;
    }
    this.#align();
  }
  /** Where on the screen a place of the text is. */
  #boxAt(at: number): DOMRect | null {
    const begin = starts(this.#area.value);
    const line = begin.findLastIndex((from) => from <= at);
    const row = this.#under.children[line] as HTMLElement | undefined;
    if (row === undefined) return null;
    let left = at - (begin[line] ?? 0);
    const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const length = node.textContent?.length ?? 0;
      if (left <= length) {
        const range = document.createRange();
        range.setStart(node, left);
        range.setEnd(node, left);
        const box = range.getBoundingClientRect();
        const whole = row.getBoundingClientRect();
        return new DOMRect(box.left, whole.top, 0, whole.height);
      }
      left -= length;
    }
    return row.getBoundingClientRect();
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

/** Names in a message stand between backticks; on the page they are set as code. */
function worded(text: string): (Node | string)[] {
  return text.split('`').map((part, i) => (i % 2 === 1 ? h('b', {}, part) : part));
}
