// Completion of names in a text area: a list at the caret. The text area keeps the focus; the list is told to who
// cannot see it by aria-activedescendant.
import type { Word } from './contract';
import { h } from './dom';
import { completions, wordAt } from './text';

/** Letters after which the list opens by itself. */
const LETTERS = 2;

export class Completion {
  words: Word[] = [];
  /** Whether a place of the text is in a comment, where nothing is completed. */
  silent: (at: number) => boolean = () => false;
  readonly list = h('div', { class: 'completion', id: 'completions', role: 'listbox', 'aria-label': 'Names', hidden: true });
  readonly #area: HTMLTextAreaElement;
  readonly #place: (at: number) => DOMRect | null;
  #shown: Word[] = [];
  #at = 0;

  /** `place` says where on the screen a place of the text is. */
  constructor(area: HTMLTextAreaElement, place: (at: number) => DOMRect | null) {
    this.#area = area;
    this.#place = place;
    area.setAttribute('aria-autocomplete', 'list');
    area.setAttribute('aria-haspopup', 'listbox');
    area.setAttribute('aria-controls', this.list.id);
    area.addEventListener('blur', () => this.close());
    document.addEventListener('scroll', (event) => {
      if (event.target !== this.list) this.close();
    }, true);
    window.addEventListener('resize', () => this.close());
  }
  get open(): boolean {
    return !this.list.hidden;
  }

  /** After the text has changed by typing. */
  typed(kind: string): void {
    const writes = kind === 'insertText' || kind === 'insertCompositionText';
    if (writes || this.open) this.#offer(this.open && kind.startsWith('delete') ? 1 : LETTERS);
  }
  /** The caret may have left the word. */
  moved(): void {
    if (this.open && wordAt(this.#area.value, this.#area.selectionEnd).typed === '') this.close();
  }
  /** New words have come: an open list shows them. */
  renew(words: Word[]): void {
    this.words = words;
    if (this.open) this.#offer(1);
  }

  /** Whether a key was meant for the list. */
  key(event: KeyboardEvent): boolean {
    if (event.key === ' ' && event.ctrlKey) {
      this.#offer(0);
      return true;
    }
    if (!this.open || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') this.#choose(this.#at + (event.key === 'ArrowDown' ? 1 : -1));
    else if (event.key === 'PageDown' || event.key === 'PageUp') this.#choose(Math.max(0, Math.min(this.#shown.length - 1, this.#at + (event.key === 'PageDown' ? 8 : -8))));
    else if (event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey)) this.#take(this.#at);
    else if (event.key === 'Escape') this.close();
    else return false;
    return true;
  }
  close(): void {
    if (this.list.hidden) return;
    this.list.hidden = true;
    this.#area.removeAttribute('aria-activedescendant');
  }

  #offer(letters: number): void {
    const { value, selectionStart, selectionEnd } = this.#area;
    const { to, typed } = wordAt(value, selectionEnd);
    const fits = selectionStart === selectionEnd && typed.length >= letters && (letters === 0 || to === selectionEnd) && !this.silent(selectionEnd);
    const before = this.#shown[this.#at]?.name;
    this.#shown = fits ? completions(this.words, typed) : [];
    if (this.#shown.length === 0) {
      this.close();
      return;
    }
    this.list.replaceChildren(...this.#shown.map(({ name, detail, class: kind }, i) => h('div', {
      role: 'option', id: `completion-${i}`, 'aria-selected': 'false',
      // The focus stays in the text.
      onpointerdown: (event: PointerEvent) => event.preventDefault(),
      onclick: () => this.#take(i),
    }, h('b', {}, h('u', {}, name.slice(0, typed.length)), name.slice(typed.length)), h('span', {}, detail === '' ? kind : detail))));
    const opening = this.list.hidden;
    this.list.hidden = false;
    this.#stand(selectionEnd - typed.length);
    const same = this.#shown.findIndex(({ name }) => name === before);
    this.#choose(opening || same < 0 ? 0 : same);
  }
  /** Under the word, or above it where there is no room. */
  #stand(at: number): void {
    const box = this.#place(at);
    if (box === null) return;
    const { style } = this.list;
    const up = innerHeight - box.bottom < Math.min(200, this.list.scrollHeight + 8) && box.top > innerHeight - box.bottom;
    style.top = up ? 'auto' : `${box.bottom + 2}px`;
    style.bottom = up ? `${innerHeight - box.top + 2}px` : 'auto';
    style.left = `${Math.max(4, Math.min(box.left - 9, innerWidth - this.list.offsetWidth - 4))}px`;
  }
  #choose(to: number): void {
    const n = this.#shown.length;
    this.#at = (to + n) % n;
    [...this.list.children].forEach((option, i) => option.setAttribute('aria-selected', String(i === this.#at)));
    const chosen = this.list.children[this.#at];
    if (chosen instanceof HTMLElement) this.#reveal(chosen);
    this.#area.setAttribute('aria-activedescendant', chosen?.id ?? '');
  }
  /** Scrolls the list alone, never what lies under it. */
  #reveal({ offsetTop, offsetHeight }: HTMLElement): void {
    const { scrollTop, clientHeight } = this.list;
    if (offsetTop < scrollTop) this.list.scrollTop = offsetTop;
    else if (offsetTop + offsetHeight > scrollTop + clientHeight) this.list.scrollTop = offsetTop + offsetHeight - clientHeight;
  }
  #take(i: number): void {
    const word = this.#shown[i];
    this.close();
    if (word === undefined) return;
    const { from, to } = wordAt(this.#area.value, this.#area.selectionEnd);
    this.#area.setSelectionRange(from, to);
    insert(this.#area, word.name);
  }
}

/** Puts a text in place of the selection as if typed, so that the browser's own undo takes it back; not every engine offers that. */
export function insert(area: HTMLTextAreaElement, text: string): void {
  const done = text === '' ? document.execCommand('delete') : document.execCommand('insertText', false, text);
  if (done) return;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end');
  area.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertReplacementText' }));
}
