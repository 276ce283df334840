// The rail and the gallery: families with counts, a thumbnail to each member of the family in use, search and filters.
import type { Gallery } from './contract';
import { h, icon, mark, minus } from './dom';
import type { Helpers } from './helpers';
import { entries, type Entry, EVERYTHING, NATURES, SIZES, type Wish, wished } from './search';

/** Pixels round the window within which a thumbnail is wanted. */
const NEAR = '240px';

/**
 * Thumbnails come from a helper worker, one by one, of those that are in view alone, and are kept. None is asked for
 * before `begin`, so that the first picture of the run waits for none of them.
 */
export class Thumbnails {
  helpers: Helpers | null = null;
  dark = false;
  readonly #made = new Map<string, ImageData>();
  /** What is in view and not drawn yet, the latest last. */
  readonly #wanted = new Set<HTMLCanvasElement>();
  /** How often one was asked for in vain: a helper may be ended for other reasons once. */
  readonly #failed = new Map<string, number>();
  #begun = false;
  #may = false;
  #busy = false;
  readonly #watcher = new IntersectionObserver((all) => {
    for (const { target, isIntersecting } of all) {
      const canvas = target as HTMLCanvasElement;
      if (isIntersecting) this.#wanted.add(canvas);
      else this.#wanted.delete(canvas);
    }
    void this.#next();
  }, { rootMargin: NEAR });

  canvas(slug: string, size: number): HTMLCanvasElement {
    const canvas = h('canvas', { class: 'thumb', width: size, height: size, 'aria-hidden': 'true', 'data-slug': slug });
    if (!this.#draw(canvas)) this.#watcher.observe(canvas);
    return canvas;
  }
  /** Called with every picture of the run. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    // The helper that draws them has a module to compile; the first steps of the run come before it.
    setTimeout(() => {
      this.#may = true;
      void this.#next();
    }, 400);
  }
  /** Another ground asks for other pictures; those of the one before stay for when it comes back. */
  theme(dark: boolean): void {
    this.dark = dark;
    this.#wanted.clear();
  }
  #key(canvas: HTMLCanvasElement): string {
    return `${canvas.dataset['slug'] ?? ''} ${canvas.width} ${this.dark}`;
  }
  #draw(canvas: HTMLCanvasElement): boolean {
    const made = this.#made.get(this.#key(canvas));
    if (made === undefined) return false;
    canvas.getContext('2d')?.putImageData(made, 0, 0);
    this.#watcher.unobserve(canvas);
    this.#wanted.delete(canvas);
    return true;
  }
  /** The first that is still in the document and still in view. */
  async #next(): Promise<void> {
    if (!this.#may || this.#busy || this.helpers === null) return;
    for (const canvas of this.#wanted) {
      if (!canvas.isConnected || this.#draw(canvas)) {
        this.#wanted.delete(canvas);
        continue;
      }
      this.#busy = true;
      const key = this.#key(canvas);
      const image = await this.helpers.thumbnail(canvas.dataset['slug'] ?? '', canvas.width, this.dark).catch(() => null);
      this.#busy = false;
      const failures = (this.#failed.get(key) ?? 0) + (image === null ? 1 : 0);
      this.#failed.set(key, failures);
      if (image !== null) this.#made.set(key, image);
      else if (failures > 1) this.#wanted.delete(canvas);
      this.#draw(canvas);
      break;
    }
    if (this.#wanted.size > 0 && !this.#busy) void this.#next();
  }
}

export class Rail extends HTMLElement {
  thumbnails = new Thumbnails();
  onhelp: () => void = () => undefined;
  onfiles: (files: File[]) => void = () => undefined;
  #gallery: Gallery = { families: [] };
  #entries: Entry[] = [];
  #current = '';
  #open = '';
  readonly #search = h('input', { type: 'search', placeholder: 'Search', 'aria-label': 'Search systems and exhibits', oninput: () => this.#draw() });
  readonly #families = h('nav', { class: 'families', 'aria-label': 'Gallery' });
  readonly #total = h('span', { class: 'dim' });
  readonly #file = h('input', { type: 'file', accept: '.ode,.tab,.csv,.txt', multiple: true, hidden: true, onchange: () => {
    const chosen = [...(this.#file.files ?? [])];
    this.#file.value = '';
    if (chosen.length > 0) this.onfiles(chosen);
  } });

  connectedCallback(): void {
    if (this.#families.isConnected) return;
    this.replaceChildren(
      h('a', { class: 'mark', href: '#/lorenz', 'aria-label': 'Separatrix' }, mark(), 'Separatrix'),
      h('label', { class: 'find' }, icon('find'), this.#search, h('kbd', { 'aria-hidden': 'true' }, '/')),
      this.#families,
      h('button', { class: 'all', onclick: () => this.choose() }, 'Open a file', h('span', { class: 'dim' }, '.ode .csv')), this.#file,
      h('a', { class: 'all', href: '#/' }, 'All of the gallery', this.#total),
      h('button', { class: 'all', onclick: () => this.onhelp() }, 'Keys and privacy', h('kbd', { class: 'dim', 'aria-hidden': 'true' }, '?')));
    for (const element of this.querySelectorAll<HTMLElement>('.all:not(:last-child)')) element.style.marginBottom = '-6px';
  }
  /** Asks for files: equations with the tables that they read, or a series. */
  choose(): void {
    this.#file.click();
  }
  focusSearch(): void {
    this.#search.focus();
    this.#search.select();
  }
  show(gallery: Gallery, current: string): void {
    const moved = current !== this.#current;
    if (gallery !== this.#gallery) this.#entries = entries(gallery);
    this.#gallery = gallery;
    this.#current = current;
    if (moved) this.#open = gallery.families.find(({ members }) => members.some(({ slug }) => slug === current))?.name ?? this.#open;
    this.#total.textContent = String(gallery.families.reduce((sum, { members }) => sum + members.length, 0));
    this.#draw();
  }
  #draw(): void {
    const query = this.#search.value.trim();
    const found = this.#entries.filter(wished({ ...EVERYTHING, query }));
    const parts: HTMLElement[] = [];
    let shelf = '';
    for (const family of this.#gallery.families) {
      const members = found.filter((entry) => entry.family === family.name).map(({ member }) => member);
      if (members.length === 0) continue;
      if (family.shelf !== shelf) parts.push(h('h2', {}, (shelf = family.shelf)));
      const open = query !== '' || family.name === this.#open;
      parts.push(h('button', { class: 'family', 'aria-expanded': String(open), onclick: () => {
        this.#open = this.#open === family.name ? '' : family.name;
        this.#draw();
      } }, family.name, h('span', {}, String(members.length))));
      if (open) {
        parts.push(h('ul', {}, ...members.map((member) => h('li', {},
          h('a', { href: `#/${member.slug}`, title: member.sentence, 'aria-current': member.slug === this.#current ? 'page' : null }, this.thumbnails.canvas(member.slug, 56), member.title)))));
      }
    }
    if (parts.length === 0) parts.push(h('p', { class: 'nothing', role: 'status' }, `Nothing here is called “${query}”.`));
    const focus = document.activeElement?.classList.contains('family') === true ? document.activeElement.textContent : null;
    this.#families.replaceChildren(...parts);
    if (focus !== null) [...this.#families.querySelectorAll<HTMLElement>('.family')].find(({ textContent }) => textContent === focus)?.focus();
  }
}
customElements.define('sx-rail', Rail);

/** How many variables it has, its Lyapunov exponent or what there is in place of chaos, its name in the collection. */
function facts({ dimension, exponent, regular, collection }: Entry['member']): string {
  const what = regular ?? (exponent === null ? '' : `λ₁ ${minus(String(Number(exponent.toPrecision(3))))}`);
  const size = dimension === null ? '' : `${dimension} variable${dimension === 1 ? '' : 's'}`;
  return [size, what, collection === null ? '' : `collection: ${collection}`].filter((part) => part !== '').join(' · ');
}

export class GalleryScreen extends HTMLElement {
  thumbnails: Thumbnails | null = null;
  #gallery: Gallery | null = null;
  #entries: Entry[] = [];
  /** One tile a member, made when it is first shown. */
  readonly #tiles = new Map<string, HTMLElement>();
  #dark = false;
  #current = '';
  #wish: Wish = EVERYTHING;
  readonly #search = h('input', { type: 'search', placeholder: 'Search names, authors, n=3, λ>0.5', 'aria-label': 'Search the gallery', oninput: () => this.#want({ query: this.#search.value.trim() }) });
  readonly #count = h('span', { class: 'dim', role: 'status' });
  readonly #shelves = h('div');
  readonly #families = h('div', { class: 'chips', role: 'group', 'aria-label': 'Families' });
  readonly #sizes = h('div', { class: 'chips', role: 'group', 'aria-label': 'Variables' });
  readonly #natures = h('div', { class: 'chips', role: 'group', 'aria-label': 'Behaviour' });

  show(gallery: Gallery, current: string): void {
    if (gallery !== this.#gallery || this.#dark !== this.thumbnails?.dark) {
      this.#gallery = gallery;
      this.#dark = this.thumbnails?.dark === true;
      this.#entries = entries(gallery);
      this.#tiles.clear();
    }
    this.#tiles.get(this.#current)?.removeAttribute('aria-current');
    this.#current = current;
    this.#tiles.get(current)?.setAttribute('aria-current', 'page');
    if (!this.#shelves.isConnected) {
      this.replaceChildren(h('label', { class: 'query' }, icon('find'), this.#search, this.#count, h('a', { class: 'close', href: `#/${current}`, 'aria-label': 'Close the gallery' }, icon('shut'))),
        this.#families, h('div', { class: 'filters' }, h('span', { class: 'dim' }, 'variables'), this.#sizes, this.#natures), this.#shelves);
    }
    this.querySelector('.close')?.setAttribute('href', `#/${current}`);
    this.#draw();
  }
  #want(change: Partial<Wish>): void {
    this.#wish = { ...this.#wish, ...change };
    this.#draw();
  }
  #draw(): void {
    const families = this.#gallery?.families ?? [];
    if (!families.some(({ name }) => name === this.#wish.family)) this.#wish = { ...this.#wish, family: '' };
    const wish = this.#wish;
    this.#offer(this.#families, 'family', ['', ...families.map(({ name }) => name)]);
    this.#offer(this.#sizes, 'size', SIZES.map(({ name }) => name));
    this.#offer(this.#natures, 'nature', NATURES.map(({ name }) => name));
    const says: Record<string, string> = { Exhibits: 'a paper each, with its claims measured', Systems: 'equations to explore, change and train on' };
    const found = this.#entries.filter(wished(wish));
    const shelves = [...new Set(families.map(({ shelf }) => shelf))].sort();
    this.#shelves.replaceChildren(...shelves.flatMap((shelf) => {
      const own = found.filter((entry) => entry.shelf === shelf);
      if (own.length === 0) return [];
      const groups = families.filter((family) => family.shelf === shelf).map(({ name }) => ({ name, list: own.filter(({ family }) => family === name) })).filter(({ list }) => list.length > 0);
      return [h('h2', {}, shelf, h('span', {}, says[shelf] ?? '')), ...groups.flatMap(({ name, list }) => [
        h('h3', {}, name, h('span', {}, String(list.length))), h('div', { class: 'tiles' }, ...list.map((entry) => this.#tile(entry)))])];
    }));
    if (found.length === 0) {
      const filters = [wish.family, wish.size === '' ? '' : `${wish.size} variables`, wish.nature].filter((part) => part !== '').join(', ');
      this.#shelves.append(h('p', { class: 'nothing' }, `Nothing ${filters === '' ? 'in the gallery' : `of ${filters}`} ${wish.query === '' ? 'is here' : `matches “${wish.query}”`}. `,
        h('button', { class: 'textlink', onclick: () => {
          this.#search.value = '';
          this.#want(EVERYTHING);
        } }, 'Show everything')));
    }
    this.#count.textContent = `${found.length} ${found.length === 1 ? 'thing' : 'things'} to run`;
  }
  #tile(entry: Entry): HTMLElement {
    const { slug, title, subtitle, sentence } = entry.member;
    let tile = this.#tiles.get(slug);
    if (tile === undefined) {
      const more = facts(entry.member);
      tile = h('a', { href: `#/${slug}`, 'aria-current': slug === this.#current ? 'page' : null, title: `${sentence}${more === '' ? '' : `\n${more}`}` },
        this.thumbnails?.canvas(slug, 240) ?? null, h('h4', {}, title), h('p', {}, subtitle), more === '' ? null : h('p', {}, more));
      this.#tiles.set(slug, tile);
    }
    return tile;
  }
  /** Chips of one kind with how many each would leave; made once, so that focus stays where it is. */
  #offer(group: HTMLElement, kind: 'family' | 'size' | 'nature', names: string[]): void {
    if (group.childElementCount !== names.length || names.some((name, i) => (group.children[i] as HTMLElement).dataset['name'] !== name)) {
      // The chip that is pressed already gives everything back.
      group.replaceChildren(...names.map((name) => h('button', { 'data-name': name, onclick: () => this.#want({ [kind]: this.#wish[kind] === name ? '' : name }) }, name === '' ? 'Everything' : name, h('span'))));
    }
    names.forEach((name, i) => {
      const chip = group.children[i];
      chip?.setAttribute('aria-pressed', String(name === this.#wish[kind]));
      const count = chip?.querySelector('span');
      const left = this.#entries.filter(wished({ ...this.#wish, [kind]: name })).length;
      // A number beside a number would be read as one.
      if (count) count.textContent = kind === 'size' ? `(${left})` : String(left);
    });
  }
}
customElements.define('sx-gallery', GalleryScreen);
