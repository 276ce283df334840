// The rail and the gallery: families with counts, a thumbnail to each member of the family in use, search.
import type { Gallery, Member } from './contract';
import { h, icon, mark } from './dom';
import type { Helpers } from './helpers';

/** Thumbnails come from a helper worker, one by one, and are kept while the theme lasts. */
export class Thumbnails {
  helpers: Helpers | null = null;
  dark = false;
  readonly #made = new Map<string, ImageData>();
  readonly #wanted = new Map<string, HTMLCanvasElement[]>();

  canvas(slug: string, size: number, name: string): HTMLCanvasElement {
    const canvas = h('canvas', { class: 'thumb', width: size, height: size, 'aria-hidden': 'true', 'data-name': name });
    this.#fill(slug, size, canvas);
    return canvas;
  }
  clear(dark: boolean): void {
    this.dark = dark;
    this.#made.clear();
    this.#wanted.clear();
  }
  #fill(slug: string, size: number, canvas: HTMLCanvasElement): void {
    const key = `${slug} ${size}`;
    const made = this.#made.get(key);
    if (made !== undefined) {
      canvas.getContext('2d')?.putImageData(made, 0, 0);
      return;
    }
    const waiting = this.#wanted.get(key);
    if (waiting !== undefined) {
      waiting.push(canvas);
      return;
    }
    this.#wanted.set(key, [canvas]);
    const { dark } = this;
    // The first picture of the run comes before all thumbnails.
    setTimeout(() => {
      void this.helpers?.thumbnail(slug, size, dark).then((image) => {
        if (image === null || dark !== this.dark) return;
        this.#made.set(key, image);
        for (const one of this.#wanted.get(key) ?? []) one.getContext('2d')?.putImageData(image, 0, 0);
      }).catch(() => undefined).finally(() => this.#wanted.delete(key));
    }, 400);
  }
}

function matches(member: Member, query: string): boolean {
  const text = `${member.title} ${member.subtitle} ${member.sentence} ${member.slug}`.toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

export class Rail extends HTMLElement {
  thumbnails = new Thumbnails();
  onhelp: () => void = () => undefined;
  onfile: (file: File) => void = () => undefined;
  #gallery: Gallery = { families: [] };
  #current = '';
  #open = '';
  readonly #search = h('input', { type: 'search', placeholder: 'Search', 'aria-label': 'Search systems and exhibits', oninput: () => this.#draw() });
  readonly #families = h('nav', { class: 'families', 'aria-label': 'Gallery' });
  readonly #total = h('span', { class: 'dim' });

  connectedCallback(): void {
    if (this.#families.isConnected) return;
    const file = h('input', { type: 'file', accept: '.ode,.csv,.txt', hidden: true, onchange: () => {
      const chosen = file.files?.[0];
      if (chosen !== undefined) this.onfile(chosen);
      file.value = '';
    } });
    this.replaceChildren(
      h('a', { class: 'mark', href: '#/lorenz', 'aria-label': 'Separatrix' }, mark(), 'Separatrix'),
      h('label', { class: 'find' }, icon('find'), this.#search, h('kbd', { 'aria-hidden': 'true' }, '/')),
      this.#families,
      h('button', { class: 'all', onclick: () => file.click() }, 'Open a file', h('span', { class: 'dim' }, '.ode .csv')), file,
      h('a', { class: 'all', href: '#/' }, 'All of the gallery', this.#total),
      h('button', { class: 'all', onclick: () => this.onhelp() }, 'Keys and privacy', h('kbd', { class: 'dim', 'aria-hidden': 'true' }, '?')));
    for (const element of this.querySelectorAll<HTMLElement>('.all:not(:last-child)')) element.style.marginBottom = '-6px';
  }
  focusSearch(): void {
    this.#search.focus();
    this.#search.select();
  }
  show(gallery: Gallery, current: string): void {
    const moved = current !== this.#current;
    this.#gallery = gallery;
    this.#current = current;
    if (moved) this.#open = gallery.families.find(({ members }) => members.some(({ slug }) => slug === current))?.name ?? this.#open;
    this.#total.textContent = String(gallery.families.reduce((sum, { members }) => sum + members.length, 0));
    this.#draw();
  }
  #draw(): void {
    const query = this.#search.value.trim();
    const parts: HTMLElement[] = [];
    let shelf = '';
    for (const family of this.#gallery.families) {
      const members = query === '' ? family.members : family.members.filter((member) => matches(member, query));
      if (members.length === 0) continue;
      if (family.shelf !== shelf) parts.push(h('h2', {}, (shelf = family.shelf)));
      const open = query !== '' || family.name === this.#open;
      parts.push(h('button', { class: 'family', 'aria-expanded': String(open), onclick: () => {
        this.#open = this.#open === family.name ? '' : family.name;
        this.#draw();
      } }, family.name, h('span', {}, String(members.length))));
      if (open) {
        parts.push(h('ul', {}, ...members.map((member) => h('li', {},
          h('a', { href: `#/${member.slug}`, title: member.sentence, 'aria-current': member.slug === this.#current ? 'page' : null }, this.thumbnails.canvas(member.slug, 56, member.title), member.title)))));
      }
    }
    if (parts.length === 0) parts.push(h('p', { class: 'nothing', role: 'status' }, `Nothing here is called “${query}”.`));
    const focus = document.activeElement?.classList.contains('family') === true ? document.activeElement.textContent : null;
    this.#families.replaceChildren(...parts);
    if (focus !== null) [...this.#families.querySelectorAll<HTMLElement>('.family')].find(({ textContent }) => textContent === focus)?.focus();
  }
}
customElements.define('sx-rail', Rail);

export class GalleryScreen extends HTMLElement {
  thumbnails: Thumbnails | null = null;
  #gallery: Gallery = { families: [] };
  #current = '';
  readonly #search = h('input', { type: 'search', placeholder: 'Search names, authors, equations', 'aria-label': 'Search the gallery', oninput: () => this.#draw() });
  readonly #count = h('span', { class: 'dim' });
  readonly #shelves = h('div');
  readonly #chips = h('div', { class: 'chips', role: 'group', 'aria-label': 'Families' });
  /** The family that alone is shown; none for all of them. */
  #family = '';

  show(gallery: Gallery, current: string): void {
    this.#gallery = gallery;
    this.#current = current;
    if (!this.#shelves.isConnected) {
      this.replaceChildren(h('label', { class: 'query' }, icon('find'), this.#search, this.#count, h('a', { class: 'close', href: `#/${current}`, 'aria-label': 'Close the gallery' }, icon('shut'))), this.#chips, this.#shelves);
    }
    this.querySelector('.close')?.setAttribute('href', `#/${current}`);
    this.#draw();
  }
  #draw(): void {
    const query = this.#search.value.trim();
    const says: Record<string, string> = { Exhibits: 'a paper each, with its claims measured', Systems: 'equations to explore, change and train on' };
    const shelves = [...new Set(this.#gallery.families.map(({ shelf }) => shelf))].sort();
    let total = 0;
    if (!this.#gallery.families.some(({ name }) => name === this.#family)) this.#family = '';
    this.#offer(query);
    this.#shelves.replaceChildren(...shelves.flatMap((shelf) => {
      const members = this.#gallery.families.filter((family) => family.shelf === shelf && (this.#family === '' || family.name === this.#family)).flatMap((family) => family.members).filter((member) => query === '' || matches(member, query));
      total += members.length;
      if (members.length === 0) return [];
      return [h('h2', {}, shelf, h('span', {}, says[shelf] ?? '')), h('div', { class: 'tiles' }, ...members.map((member) =>
        h('a', { href: `#/${member.slug}`, 'aria-current': member.slug === this.#current ? 'page' : null, title: member.sentence },
          this.thumbnails?.canvas(member.slug, 240, member.title) ?? null, h('h3', {}, member.title),
          h('p', {}, member.subtitle + (member.dimension === null ? '' : ` · ${member.dimension} variable${member.dimension === 1 ? '' : 's'}`)))))];
    }));
    if (total === 0) this.#shelves.append(h('p', { class: 'nothing', role: 'status' }, `Nothing ${this.#family === '' ? 'in the gallery' : `of ${this.#family}`} matches “${query}”.`));
    this.#count.textContent = `${total} ${total === 1 ? 'thing' : 'things'} to run`;
  }
  /** One chip a family, with how many of it match; made once, so that focus stays where it is. */
  #offer(query: string): void {
    const { families } = this.#gallery;
    const chips = [{ name: '', members: families.flatMap(({ members }) => members) }, ...families];
    if (this.#chips.childElementCount !== chips.length || chips.some(({ name }, i) => (this.#chips.children[i] as HTMLElement).dataset['family'] !== name)) {
      this.#chips.replaceChildren(...chips.map(({ name }) => h('button', { 'data-family': name, onclick: () => {
        // The chip that is pressed already gives everything back.
        this.#family = this.#family === name ? '' : name;
        this.#draw();
      } }, name === '' ? 'Everything' : name, h('span'))));
    }
    chips.forEach(({ name, members }, i) => {
      const chip = this.#chips.children[i];
      chip?.setAttribute('aria-pressed', String(name === this.#family));
      const count = chip?.querySelector('span');
      if (count) count.textContent = String(query === '' ? members.length : members.filter((member) => matches(member, query)).length);
    });
  }
}
customElements.define('sx-gallery', GalleryScreen);
