// A button that opens a list of acts, each with a name and a sentence. Arrow keys, Home, End and letters move in it;
// Escape, Tab and a click elsewhere close it.
import { h } from './dom';

export interface Item {
  name: string;
  sentence: string;
  /** Whether it is the one that holds now; none where nothing is held. */
  chosen?: boolean;
  act: () => void;
}

let ids = 0;

export class Menu extends HTMLElement {
  items: () => Item[] = () => [];
  readonly #list = h('div', { class: 'menu', role: 'menu', id: `menu-${++ids}`, hidden: true, onkeydown: (event: KeyboardEvent) => this.#key(event) });
  readonly #button = h('button', {
    class: 'textlink', 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-controls': this.#list.id,
    onclick: () => (this.#list.hidden ? this.open() : this.close(false)),
    onkeydown: (event: KeyboardEvent) => {
      if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
      event.preventDefault();
      this.open(event.key === 'ArrowUp');
    },
  });
  readonly #away = (event: Event): void => {
    if (!(event.target instanceof Node) || !this.contains(event.target)) this.close(false);
  };

  connectedCallback(): void {
    if (!this.#button.isConnected) this.replaceChildren(this.#button, this.#list);
  }
  disconnectedCallback(): void {
    this.close(false);
  }
  /** What stands on the button, and what it is called where that does not say it. */
  label(text: string, name: string = text): void {
    this.#button.textContent = text;
    this.#button.setAttribute('aria-label', name);
    this.#list.setAttribute('aria-label', name);
  }

  open(atEnd = false): void {
    const items = this.items();
    if (items.length === 0) return;
    this.#list.replaceChildren(...items.map(({ name, sentence, chosen, act }) => h('button', {
      role: chosen === undefined ? 'menuitem' : 'menuitemradio', 'aria-checked': chosen === undefined ? null : String(chosen), tabindex: -1,
      onclick: () => {
        this.close(true);
        act();
      },
    }, h('b', {}, name), sentence === '' ? null : h('span', {}, sentence))));
    this.#list.hidden = false;
    this.#button.setAttribute('aria-expanded', 'true');
    this.#place();
    const all = [...this.#list.children] as HTMLElement[];
    (all.find((one) => one.getAttribute('aria-checked') === 'true') ?? all.at(atEnd ? -1 : 0))?.focus();
    document.addEventListener('pointerdown', this.#away);
    document.addEventListener('scroll', this.#away, true);
    window.addEventListener('resize', this.#away);
  }
  close(back: boolean): void {
    if (this.#list.hidden) return;
    this.#list.hidden = true;
    this.#button.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', this.#away);
    document.removeEventListener('scroll', this.#away, true);
    window.removeEventListener('resize', this.#away);
    if (back) this.#button.focus({ preventScroll: true });
  }

  /** Below its button, or above it where there is more room. */
  #place(): void {
    const { style } = this.#list;
    const box = this.#button.getBoundingClientRect();
    const below = innerHeight - box.bottom - 12;
    const above = box.top - 12;
    const up = below < Math.min(280, this.#list.scrollHeight) && above > below;
    style.maxHeight = `${Math.max(96, up ? above : below)}px`;
    style.top = up ? 'auto' : `${box.bottom + 4}px`;
    style.bottom = up ? `${innerHeight - box.top + 4}px` : 'auto';
    style.left = `${Math.max(8, Math.min(box.left, innerWidth - this.#list.offsetWidth - 8))}px`;
  }

  #key(event: KeyboardEvent): void {
    const all = [...this.#list.children] as HTMLElement[];
    const at = all.findIndex((one) => one === document.activeElement);
    const to = (place: number): void => all[(place + all.length) % all.length]?.focus();
    if (event.key === 'ArrowDown') to(at + 1);
    else if (event.key === 'ArrowUp') to(at - 1);
    else if (event.key === 'Home') to(0);
    else if (event.key === 'End') to(all.length - 1);
    else if (event.key === 'Escape') this.close(true);
    else if (event.key === 'Tab') {
      this.close(true);
      return;
    } else if (event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const letter = event.key.toLowerCase();
      const from = [...all.slice(at + 1), ...all.slice(0, at + 1)];
      from.find(({ textContent }) => textContent?.toLowerCase().startsWith(letter) === true)?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
customElements.define('sx-menu', Menu);
