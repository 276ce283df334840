// The stage and the small views. Views are declared; any of them can take the stage. The scene is the one that the
// worker draws, on a canvas that has been handed to it; the others are drawn here from arrays.
import type { Declaration, Drawn, Status, View } from './contract';
import { h, icon, markup, setText } from './dom';
import type { EngineLink } from './engine-link';
import type { Frame } from './laboratory';
import { PictureBox, scaleOfStage } from './picture';

const SMALL = 3;
const PHONE = matchMedia('(max-width: 719px)');

export class Stage extends HTMLElement {
  link: EngineLink | null = null;
  onpick: (x: number, y: number) => void = () => undefined;
  /** A click in a plot, in the units of its axes. */
  onpickin: (view: string, x: number, y: number) => void = () => undefined;
  onmenu: () => void = () => undefined;
  onshare: () => void = () => undefined;
  dark = false;
  #declaration: Declaration | null = null;
  #order: string[] = [];
  #boxes = new Map<string, PictureBox>();
  #canvas: HTMLCanvasElement | null = null;
  readonly #labels = h('div', { class: 'labels', 'aria-hidden': 'true' });
  readonly #scene = h('div', { class: 'scene' }, this.#labels);
  readonly #hero = h('div', { class: 'hero' });
  readonly #h1 = h('h1');
  readonly #subtitle = h('p');
  readonly #heading = h('div', { class: 'heading' }, this.#h1, this.#subtitle);
  readonly #readouts = h('dl', { class: 'readouts' });
  readonly #low = h('span');
  readonly #high = h('span');
  readonly #meaning = h('span');
  readonly #scale = h('i');
  readonly #legend = h('div', { class: 'legend', hidden: true }, this.#low, this.#scale, this.#high, this.#meaning);
  readonly #views = h('div', { class: 'views' });
  readonly #strip = h('div', { class: 'strip', role: 'group', 'aria-label': 'View on the stage' });
  readonly #more = h('select', { class: 'more', 'aria-label': 'View on the stage', hidden: true, onchange: () => this.swap(this.#more.value) });
  readonly say = h('div', { class: 'say', role: 'status', hidden: true });
  readonly load = h('div', { class: 'load', role: 'progressbar', 'aria-label': 'Loading', hidden: true }, h('i'));
  #readoutShape = '';
  #legendText = '';
  #swallow = false;
  readonly #pending = new Map<string, Frame>();
  #painting = false;
  #covered = false;
  #sceneOnStage = true;

  connectedCallback(): void {
    if (this.#hero.isConnected) return;
    this.classList.add('centre');
    this.setAttribute('role', 'main');
    this.#hero.append(this.#heading, this.#readouts, this.#legend, this.say, this.load);
    this.append(
      h('div', { class: 'tools' },
        h('button', { 'aria-label': 'Menu', onclick: () => this.onmenu() }, icon('menu')),
        h('button', { class: 'share', 'aria-label': 'Share this run', onclick: () => this.onshare() }, icon('share'))),
      this.#hero, this.#views, this.#strip, this.#more);
    const watcher = new ResizeObserver(() => this.measure());
    for (const element of [this.#scene, this.#heading, this.#readouts]) watcher.observe(element);
    PHONE.addEventListener('change', () => this.#place());
  }

  /** Takes a new canvas, after the worker was replaced. */
  take(canvas: HTMLCanvasElement): void {
    const held = document.activeElement === this.#canvas && this.#canvas !== null;
    this.#canvas?.remove();
    this.#canvas = canvas;
    canvas.tabIndex = 0;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', this.#declaration?.views[0]?.alternative ?? 'The stage');
    this.#scene.prepend(canvas);
    this.#listen(canvas);
    if (held) canvas.focus({ preventScroll: true });
    this.measure();
  }
  measure(): void {
    if (this.#hero.classList.contains('plane')) {
      const bottom = (element: HTMLElement): number => (element.hidden || element.offsetParent === null ? 0 : element.offsetTop + element.offsetHeight);
      this.#hero.style.setProperty('--head', `${Math.max(bottom(this.#heading), bottom(this.#readouts))}px`);
    }
    const { width, height } = this.#scene.getBoundingClientRect();
    this.link?.resize(Math.round(width), Math.round(height), Math.min(devicePixelRatio || 1, 2.5));
  }

  declare_(declaration: Declaration): void {
    const same = this.#declaration?.slug === declaration.slug && JSON.stringify(this.#declaration.views) === JSON.stringify(declaration.views);
    this.#declaration = declaration;
    setText(this.#h1, declaration.title);
    this.#h1.className = declaration.title.length > 14 ? 'long' : '';
    setText(this.#subtitle, declaration.subtitle);
    if (same) return;
    this.#order = declaration.views.map(({ id }) => id);
    this.#boxes = new Map();
    this.#pending.clear();
    for (const view of declaration.views) {
      if (this.#isScene(view)) continue;
      const box = new PictureBox();
      box.onswap = () => this.swap(view.id);
      box.onpick = (x, y) => this.onpickin(view.id, x, y);
      this.#boxes.set(view.id, box);
    }
    this.#place();
    for (const view of declaration.views) this.#boxes.get(view.id)?.show(view);
  }
  #isScene(view: View): boolean {
    return view === this.#declaration?.views.find(({ kind }) => kind === 'scene');
  }
  #view(id: string): View | undefined {
    return this.#declaration?.views.find((view) => view.id === id);
  }

  /** The plots in which a click does something now. */
  picks(views: string[]): void {
    for (const [id, box] of this.#boxes) box.picks = views.includes(id);
  }

  /** Gives the stage to a view; the one that had it takes its place. */
  swap(id: string): void {
    const at = this.#order.indexOf(id);
    const first = this.#order[0];
    if (at <= 0 || first === undefined) return;
    this.#order[at] = first;
    this.#order[0] = id;
    this.#place();
  }

  #place(): void {
    const declaration = this.#declaration;
    if (declaration === null) return;
    const element = (id: string): HTMLElement | null => this.#boxes.get(id) ?? this.#scene;
    const [first, ...rest] = this.#order;
    if (first === undefined) return;
    this.#hero.querySelectorAll(':scope > sx-picture, :scope > .scene').forEach((old) => old.remove());
    const big = element(first);
    if (big !== null) this.#hero.prepend(big);
    const sceneOnStage = (this.#sceneOnStage = big === this.#scene);
    this.#readouts.hidden = this.#legend.hidden = !sceneOnStage;
    this.#legendText = '';
    const small = PHONE.matches ? [] : rest.slice(0, SMALL);
    this.#views.replaceChildren(...small.map((id) => {
      const child = element(id);
      const slot = h('div', { class: 'slot' }, child === this.#scene ? h('div', { class: 'scene-small' }, this.#view(id)?.title ?? '') : null, child);
      if (child === this.#scene) slot.append(h('button', { class: 'swap', 'aria-label': `Show ${this.#view(id)?.title ?? 'the scene'} on the stage`, onclick: () => this.swap(id) }));
      return slot;
    }));
    this.classList.toggle('alone', small.length === 0 && !PHONE.matches);
    const options = declaration.views;
    this.#strip.replaceChildren(...options.map(({ id, title }) => h('button', { 'aria-pressed': String(id === first), onclick: () => this.swap(id) }, title)));
    this.#more.hidden = options.length <= SMALL + 1;
    this.#more.replaceChildren(...options.map(({ id, title }) => h('option', { value: id, selected: id === first }, title)));
    // A scene that is not to be seen keeps its place, so that its canvas stays in the document.
    if (!this.#scene.isConnected) this.#hero.append(this.#scene);
    this.#scene.style.visibility = sceneOnStage || small.includes(this.#order.find((id) => !this.#boxes.has(id)) ?? '') ? '' : 'hidden';
    this.link?.views([first, ...small].filter((id) => this.#boxes.has(id)));
    this.measure();
    for (const box of this.#boxes.values()) if (box.isConnected) box.repaint();
  }

  repaint(): void {
    this.#legendText = '';
    for (const box of this.#boxes.values()) if (box.isConnected) box.repaint();
  }
  /** While something covers the whole stage only the newest pictures are kept; they are drawn when it is gone. */
  set covered(covered: boolean) {
    this.#covered = covered;
    if (!covered) this.frames([]);
  }
  /** One picture a frame, the newest of each view, so that drawing never holds the page up. */
  frames(frames: Frame[]): void {
    for (const frame of frames) this.#pending.set(frame.picture.view, frame);
    if (this.#painting || this.#covered) return;
    this.#painting = true;
    const next = (): void => {
      const first = this.#covered ? undefined : this.#pending.entries().next().value;
      this.#painting = first !== undefined;
      if (first === undefined) return;
      this.#pending.delete(first[0]);
      this.#boxes.get(first[0])?.update(first[1]);
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  }

  drawn({ labels, legend, alternative }: Drawn): void {
    if (this.#canvas?.getAttribute('aria-label') !== alternative) this.#canvas?.setAttribute('aria-label', alternative);
    // Only planes have ticks, only panels beside one another have titles.
    this.#shape('plane', labels.some(({ kind }) => kind === 'tick'));
    this.#shape('titled', labels.some(({ kind }) => kind.startsWith('title')));
    while (this.#labels.childElementCount > labels.length) this.#labels.lastElementChild?.remove();
    labels.forEach((label, i) => {
      let element = this.#labels.children[i] as HTMLElement | undefined;
      if (element === undefined) this.#labels.append((element = h('span')));
      setText(element, label.text);
      const name = `${label.anchor} ${label.kind}`;
      if (element.className !== name) element.className = name;
      const left = `${label.x.toFixed(1)}px`;
      const top = `${label.y.toFixed(1)}px`;
      if (element.style.left !== left) element.style.left = left;
      if (element.style.top !== top) element.style.top = top;
    });
    const text = legend === null ? '' : [legend.label, legend.min, legend.max, this.dark].join('|');
    if (text !== this.#legendText || legend === null) {
      this.#legendText = text;
      this.#legend.hidden = legend === null || !this.#sceneOnStage;
      if (legend !== null) {
        this.#low.replaceChildren(markup(legend.min));
        this.#high.replaceChildren(markup(legend.max));
        this.#meaning.replaceChildren(markup(legend.label));
        this.#scale.style.background = scaleOfStage(this.dark);
      }
    }
  }

  #shape(name: string, holds: boolean): void {
    if (!this.#sceneOnStage || this.#hero.classList.contains(name) === holds) return;
    this.#hero.classList.toggle(name, holds);
    this.measure();
  }

  status({ readouts }: Status): void {
    const shape = readouts.map(({ label, symbol, live }) => `${label}|${symbol ?? ''}|${live}`).join();
    if (shape !== this.#readoutShape) {
      this.#readoutShape = shape;
      this.#readouts.replaceChildren(...readouts.flatMap(({ label, symbol, live }) => {
        const name = h('dt', {}, label);
        if (symbol !== null) name.append(' ', markup(symbol));
        return [name, h('dd', { class: live ? 'live' : null })];
      }));
    }
    const values = this.#readouts.querySelectorAll('dd');
    readouts.forEach(({ value }, i) => {
      const place = values[i];
      if (place !== undefined) setText(place, value);
    });
  }

  /** A state of the stage: a sentence and the next steps. */
  tell(title: string, text = '', acts: [string, () => void][] = []): void {
    this.say.hidden = false;
    this.say.replaceChildren(h('b', {}, title), text === '' ? null as never : h('p', {}, text),
      h('div', { class: 'acts' }, ...acts.map(([name, act]) => h('button', { class: 'act', onclick: () => act() }, name))));
  }
  quiet(): void {
    this.say.hidden = true;
    this.say.replaceChildren();
  }
  waiting(waiting: boolean): void {
    this.#scene.classList.toggle('waiting', waiting);
  }
  progress(share: number | null): void {
    this.load.hidden = share === null;
    const line = this.load.firstElementChild as HTMLElement;
    line.style.width = `${Math.round(100 * (share ?? 0))}%`;
    this.load.setAttribute('aria-valuenow', String(Math.round(100 * (share ?? 0))));
  }
  home(): void {
    this.link?.camera({ kind: 'reset' });
  }

  #listen(canvas: HTMLCanvasElement): void {
    const down = new Map<number, { x: number; y: number }>();
    let moved = 0;
    const local = (event: MouseEvent): { x: number; y: number } => {
      const box = canvas.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button > 1) return;
      canvas.setPointerCapture(event.pointerId);
      down.set(event.pointerId, local(event));
      if (down.size === 1) moved = 0;
    });
    canvas.addEventListener('pointermove', (event) => {
      const before = down.get(event.pointerId);
      if (before === undefined) return;
      const now = local(event);
      const [dx, dy] = [now.x - before.x, now.y - before.y];
      moved += Math.abs(dx) + Math.abs(dy);
      if (down.size === 1) this.link?.camera({ kind: event.shiftKey || event.buttons === 4 ? 'pan' : 'orbit', dx, dy });
      else {
        const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
        if (other !== undefined) {
          const span = (p: { x: number; y: number }): number => Math.hypot(p.x - other.x, p.y - other.y);
          const factor = span(now) / Math.max(1, span(before));
          if (Number.isFinite(factor) && factor > 0) this.link?.camera({ kind: 'zoom', factor, x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
          this.link?.camera({ kind: 'pan', dx: dx / 2, dy: dy / 2 });
        }
      }
      down.set(event.pointerId, now);
    });
    const up = (event: PointerEvent): void => {
      if (!down.delete(event.pointerId)) return;
      if (event.type === 'pointerup' && down.size === 0 && moved < 5 && !this.#swallow) {
        const { x, y } = local(event);
        this.onpick(x, y);
      }
      this.#swallow = down.size > 0;
    };
    canvas.addEventListener('pointerup', up);
    canvas.addEventListener('pointercancel', up);
    canvas.addEventListener('wheel', (event) => {
      event.preventDefault();
      const { x, y } = local(event);
      const lines = event.deltaMode === 1 ? 16 : 1;
      this.link?.camera({ kind: 'zoom', factor: Math.exp(-event.deltaY * lines * 0.0015), x, y });
    }, { passive: false });
    canvas.addEventListener('keydown', (event) => {
      const turn: Record<string, [number, number]> = { ArrowLeft: [-16, 0], ArrowRight: [16, 0], ArrowUp: [0, -16], ArrowDown: [0, 16] };
      const by = turn[event.key];
      const centre = { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 };
      if (by !== undefined) this.link?.camera({ kind: event.shiftKey ? 'pan' : 'orbit', dx: by[0], dy: by[1] });
      else if (event.key === '+' || event.key === '=') this.link?.camera({ kind: 'zoom', factor: 1.1, ...centre });
      else if (event.key === '-') this.link?.camera({ kind: 'zoom', factor: 1 / 1.1, ...centre });
      else if (event.key === 'Enter') this.onpick(centre.x, centre.y);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }
}
customElements.define('sx-stage', Stage);
