// Named sets of values: a menu, and what the chosen one shows.
import type { Declaration, Preset, Setting } from './contract';
import { h, setText } from './dom';
import { Menu } from './menu';

export class PresetsPanel extends HTMLElement {
  onchoose: (sets: Setting[]) => void = () => undefined;
  #presets: Preset[] = [];
  #values = new Map<string, unknown>();
  /** The one chosen last: two may set the same. */
  #last: Preset | null = null;
  readonly #menu = new Menu();
  readonly #said = h('p', { class: 'dim' });

  connectedCallback(): void {
    if (this.#menu.isConnected) return;
    this.#menu.items = () => this.#presets.map((preset) => ({
      name: preset.name, sentence: preset.sentence, chosen: this.#holds(preset),
      act: () => {
        this.#last = preset;
        this.onchoose(preset.sets);
      },
    }));
    this.replaceChildren(h('div', { class: 'presets' }, h('span', { class: 'name' }, 'Preset'), this.#menu), this.#said);
  }
  declare_({ presets }: Declaration, values: Setting[]): void {
    this.#presets = presets;
    this.hidden = presets.length === 0;
    this.show(values);
  }
  show(values: Setting[]): void {
    this.#values = new Map(values.map(({ control, value }) => [control, value]));
    const held = this.#last !== null && this.#presets.includes(this.#last) && this.#holds(this.#last) ? this.#last : this.#presets.find((preset) => this.#holds(preset));
    this.#menu.label(held?.name ?? 'choose', `Presets${held === undefined ? '' : `: ${held.name}`}`);
    setText(this.#said, held?.sentence ?? '');
    this.#said.hidden = (held?.sentence ?? '') === '';
  }
  #holds({ sets }: Preset): boolean {
    return sets.length > 0 && sets.every(({ control, value }) => this.#values.get(control) === value);
  }
}
customElements.define('sx-presets', PresetsPanel);
