// Draws pictures on the page thread: lines and points with uPlot, heat maps and bars on a canvas, text as text.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Axis, Picture, Role, Series, View } from './contract';
import { figure, h, icon, minus, raised } from './dom';
import type { Frame } from './laboratory';
import { PickPad } from './pick-pad';

type Plot = Extract<Picture, { kind: 'plot' }>;
interface Ink { ink: string; ink2: string; ink3: string; rule: string; rule2: string; accent: string; stage: string; sans: string }

function inks(): Ink {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  return { ink: of('--ink'), ink2: of('--ink-2'), ink3: of('--ink-3'), rule: of('--rule'), rule2: of('--rule-2'), accent: of('--accent'), stage: of('--stage'), sans: of('--sans') };
}

const VIRIDIS = [
  [68, 1, 84], [71, 24, 106], [72, 45, 123], [66, 64, 134], [59, 82, 139], [51, 99, 141], [44, 114, 142], [38, 130, 142], [33, 145, 140],
  [31, 160, 136], [40, 174, 128], [63, 188, 115], [94, 201, 98], [132, 212, 75], [173, 220, 48], [216, 226, 25], [253, 231, 37],
] as const;
/** Viridis at a place from 0 to 1. */
export function viridis(place: number): [number, number, number] {
  const at = Math.max(0, Math.min(0.999999, place)) * (VIRIDIS.length - 1);
  const [a, b, f] = [VIRIDIS[Math.floor(at)] ?? VIRIDIS[0], VIRIDIS[Math.floor(at) + 1] ?? VIRIDIS[0], at % 1];
  return [a[0] + f * (b[0] - a[0]), a[1] + f * (b[1] - a[1]), a[2] + f * (b[2] - a[2])];
}
/** The colours of the stage's scale: the bright part of viridis at night, the dark part by day. */
export function scaleOfStage(dark: boolean): string {
  const stops = Array.from({ length: 9 }, (_, i) => viridis(dark ? 0.22 + (0.78 * i) / 8 : (0.5 * i) / 8));
  return `linear-gradient(90deg, ${stops.map((rgb) => `rgb(${rgb.map(Math.round).join(' ')})`).join(', ')})`;
}

const STYLES: Record<Role, { colour: (ink: Ink) => string; width: number; dash: number[]; alpha: number }> = {
  run: { colour: ({ accent }) => accent, width: 1.75, dash: [], alpha: 1 },
  ink: { colour: ({ ink }) => ink, width: 1.25, dash: [], alpha: 1 },
  quiet: { colour: ({ ink2 }) => ink2, width: 0.75, dash: [], alpha: 0.55 },
  dashed: { colour: ({ ink2 }) => ink2, width: 1, dash: [5, 3], alpha: 1 },
  dotted: { colour: ({ ink3 }) => ink3, width: 1.25, dash: [1.5, 2.5], alpha: 1 },
};

type Range = [number, number];

/** The range of all finite values, with a little air. */
function rangeOf(arrays: Float64Array[], log: boolean, air: number): Range {
  let [low, high] = [Infinity, -Infinity];
  for (const array of arrays) {
    for (const value of array) {
      if (!Number.isFinite(value) || (log && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (low > high) return log ? [0.1, 1] : [0, 1];
  if (log) return low === high ? [low / 2, high * 2] : [low / 1.2, high * 1.2];
  const pad = low === high ? Math.max(1, Math.abs(low)) * 0.5 : (high - low) * air;
  return [low - pad, high + pad];
}

/** The range asked for; an end that is left open, which JSON carries as null, is found from the data. */
function bounded(wanted: Range | null, found: () => Range): Range {
  if (wanted !== null && wanted.every((end) => Number.isFinite(end))) return wanted;
  const [low, high] = found();
  const [from, to] = (wanted ?? [null, null]) as [number | null, number | null];
  return [Number.isFinite(from) ? (from as number) : low, Number.isFinite(to) ? (to as number) : high];
}

function powers([low, high]: Range, most: number): number[] {
  const [from, to] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  if (!(to >= from) || to - from > 700) return [low, high];
  const every = Math.ceil((to - from + 1) / most);
  return Array.from({ length: Math.floor((to - from) / every) + 1 }, (_, i) => 10 ** (from + i * every));
}

function tick(value: number, log: boolean): string {
  if (log) {
    const power = Math.log10(value);
    if (Math.abs(power - Math.round(power)) > 1e-6) return '';
    return Math.abs(power) <= 1.01 ? minus(String(Number(value.toPrecision(3)))) : `10${raised(Math.round(power))}`;
  }
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-4)) return figure(value, 2);
  return minus(size >= 1000 ? value.toLocaleString('en-GB') : String(Number(value.toPrecision(6))));
}

/** Round numbers on a linear axis, `most` of them or fewer. */
function rounds([low, high]: Range, most: number): number[] {
  const rough = (high - low) / Math.max(1, most);
  if (!(rough > 0)) return [low];
  const scale = 10 ** Math.floor(Math.log10(rough));
  const step = scale * ([1, 2, 5, 10].find((by) => by * scale >= rough) ?? 10);
  const from = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - from + 1) }, (_, i) => (from + i) * step);
}

/** Comparing is hundreds of times cheaper than drawing. */
function sameFrame(a: Frame, b: Frame): boolean {
  if (a.arrays.length !== b.arrays.length || JSON.stringify(a.picture) !== JSON.stringify(b.picture)) return false;
  return a.arrays.every((array, k) => {
    const other = b.arrays[k];
    // What is not a number compares equal to itself here.
    return other !== undefined && other.length === array.length && array.every((value, i) => Object.is(value, other[i]));
  });
}

/** A number for a narrow place. */
function short(value: number): string {
  return tick(Number(value.toPrecision(3)), false);
}
/** Where a heat map lies in its picture, with room for the numbers of its axes and for the scale of colours. */
function heatArea(width: number, height: number): { left: number; top: number; width: number; height: number } {
  return { left: 44, top: 10, width: Math.max(1, width - 44 - 68), height: Math.max(1, height - 10 - 26) };
}

/** A figure for one view: caption, picture and its text alternative. */
export class PictureBox extends HTMLElement {
  view: View | null = null;
  readonly #body = h('div', { class: 'picture', role: 'img' });
  readonly #title = h('b');
  readonly #detail = h('span');
  #plot: uPlot | null = null;
  #shape = '';
  #frame: Frame | null = null;
  /** Whether what is on the screen is the frame that is held. */
  #painted = false;
  #ranges: { x: Range; y: Range } = { x: [0, 1], y: [0, 1] };
  #watcher: ResizeObserver | null = null;
  onswap: (() => void) | null = null;
  onpick: (x: number, y: number) => void = () => undefined;
  #pad: PickPad | null = null;

  connectedCallback(): void {
    if (this.#body.isConnected) return;
    const swap = h('button', { class: 'swap', 'aria-label': 'Show on the stage', onclick: () => this.onswap?.() }, icon('grow'));
    this.replaceChildren(h('div', { class: 'caption' }, this.#title, ' ', this.#detail, swap), this.#body);
    this.#watcher = new ResizeObserver(() => this.draw());
    this.#watcher.observe(this.#body);
  }
  disconnectedCallback(): void {
    this.#watcher?.disconnect();
    this.#forget();
  }

  show(view: View): void {
    this.view = view;
    this.#title.textContent = view.title;
    this.#caption();
    this.querySelector('.swap')?.setAttribute('aria-label', `Show ${view.title} on the stage`);
    this.querySelector('.swap')?.setAttribute('title', `Show ${view.title} on the stage`);
    this.#body.setAttribute('aria-label', view.alternative);
    this.#frame = null;
    this.#forget();
  }
  /** Whether a click in it does something now. */
  set picks(picks: boolean) {
    if (picks === (this.#pad !== null)) return;
    this.classList.toggle('picks', picks);
    this.#pad?.element.remove();
    this.#pad = picks ? new PickPad((x, y) => this.onpick(x, y)) : null;
    if (this.#pad !== null) this.append(this.#pad.element);
    this.#caption();
    this.#tellPad();
  }
  #caption(): void {
    const detail = this.view?.detail ?? '';
    const deed = this.view?.kind === 'points' ? 'click to open one' : 'click to start it there';
    this.#detail.textContent = this.#pad === null ? detail : `${detail}${detail === '' ? '' : ' · '}${deed}`;
  }
  /** Tells the pad where the axes are and what they span. */
  #tellPad(): void {
    const { view } = this;
    const picture = this.#frame?.picture;
    if (this.#pad === null || view === null || picture === undefined) return;
    const ratio = devicePixelRatio;
    if (picture.kind === 'plot' && this.#plot !== null) {
      const { left, top, width, height } = this.#plot.bbox;
      this.#pad.over(view, { left: left / ratio, top: top / ratio, width: width / ratio, height: height / ratio }, this.#ranges);
    } else if (picture.kind === 'heat') this.#pad.over(view, heatArea(this.#body.clientWidth, this.#body.clientHeight), picture);
  }
  /** Colours changed. */
  repaint(): void {
    this.#forget();
    this.draw();
  }
  update(frame: Frame): void {
    const same = this.#frame !== null && sameFrame(this.#frame, frame);
    this.#frame = frame;
    if (same && this.#painted) return;
    const { picture } = frame;
    if (picture.kind !== 'text') this.#body.setAttribute('aria-label', picture.alternative);
    this.draw();
  }

  #forget(): void {
    this.#painted = false;
    this.#plot?.destroy();
    this.#plot = null;
    this.#shape = '';
    this.#body.replaceChildren();
  }

  draw(): void {
    const { clientWidth: width, clientHeight: height } = this.#body;
    if (this.#frame === null || this.view === null || width < 20 || height < 20) return;
    this.#painted = true;
    const { picture, arrays } = this.#frame;
    if (picture.kind === 'plot') this.#drawPlot(picture, arrays, this.view, width, height);
    else if (picture.kind === 'heat') this.#drawHeat(picture, arrays, width, height);
    else if (picture.kind === 'bars') this.#drawBars(picture, arrays, width, height);
    else {
      this.#body.removeAttribute('role');
      this.#body.replaceChildren(h('div', { class: 'words' }, ...picture.lines.map((line) => h('p', {}, line))));
    }
    this.#tellPad();
  }

  #drawPlot(picture: Plot, arrays: Float64Array[], view: View, width: number, height: number): void {
    const of = (series: Series): [Float64Array, Float64Array] => [arrays[series.x.array] ?? new Float64Array(), arrays[series.y.array] ?? new Float64Array()];
    const data = picture.series.map(of);
    this.#ranges = {
      x: bounded(picture.x, () => rangeOf(data.map(([x]) => x), view.x.log, picture.series.some(({ points }) => points) ? 0.03 : 0)),
      y: bounded(picture.y, () => rangeOf([...data.map(([, y]) => y), Float64Array.from(picture.levels, ({ at }) => at)], view.y.log, 0.08)),
    };
    const shape = JSON.stringify([picture.series.map(({ role, points }) => [role, points]), view.id, picture.series.some(({ label }) => label !== '')]);
    if (this.#plot === null || shape !== this.#shape) {
      this.#forget();
      this.#shape = shape;
      this.#plot = new uPlot(this.#options(picture, view, width, height), [null, ...data] as unknown as uPlot.AlignedData, this.#body);
      return;
    }
    if (this.#plot.width !== width || this.#plot.height !== height) this.#plot.setSize({ width, height });
    this.#plot.setData([null, ...data] as unknown as uPlot.AlignedData, true);
  }

  #current(): Plot | null {
    return this.#frame?.picture.kind === 'plot' ? this.#frame.picture : null;
  }

  #options(picture: Plot, view: View, width: number, height: number): uPlot.Options {
    const ink = inks();
    const font = `11px ${ink.sans}`;
    const labelled = picture.series.some(({ label }) => label !== '');
    // Labels stand at the ends of the series: to the right of the picture unless the budget to come leaves room.
    const room = labelled && picture.x === null ? 76 : 22;
    const axis = (axisOf: Axis, side: 1 | 3): uPlot.Axis => ({
      side, scale: side === 1 ? 'y' : 'x', stroke: ink.ink3, font, gap: 5, size: side === 1 ? 44 : 28,
      grid: { show: side === 1, stroke: ink.rule, width: 1 }, ticks: { show: false }, border: { show: side === 3, stroke: ink.rule2, width: 1 },
      space: side === 1 ? 34 : 56,
      // Powers of ten, thinned to what the length of the axis can carry.
      ...(axisOf.log ? { splits: (plot: uPlot): number[] => powers(side === 1 ? this.#ranges.y : this.#ranges.x, Math.max(2, Math.floor((side === 1 ? plot.height : plot.width) / (side === 1 ? 34 : 56)))) } : {}),
      filter: (_plot, splits) => splits,
      values: (_plot, splits) => splits.map((value) => tick(value, axisOf.log)),
    });
    const paint = (plot: uPlot, index: number): null => {
      const series = picture.series[index - 1];
      const values = (plot.data as unknown as ([Float64Array, Float64Array] | null)[])[index];
      if (series === undefined || values === null || values === undefined) return null;
      this.#stroke(plot, series, values[0], values[1], ink);
      return null;
    };
    // In uPlot's numbering 2 is the bottom side and 3 the left one.
    const xAxis = { ...axis(view.x, 3), side: 2 } as uPlot.Axis;
    const yAxis = { ...axis(view.y, 1), side: 3 } as uPlot.Axis;
    return {
      width, height, mode: 2, pxAlign: false, padding: [10, room, 2, 4],
      legend: { show: false }, cursor: { show: false },
      scales: {
        x: { time: false, distr: view.x.log ? 3 : 1, range: () => this.#ranges.x },
        y: { distr: view.y.log ? 3 : 1, range: () => this.#ranges.y },
      },
      axes: [xAxis, yAxis],
      series: [{}, ...picture.series.map((): uPlot.Series => ({ paths: paint as unknown as uPlot.Series.PathBuilder, facets: [{ scale: 'x', auto: false }, { scale: 'y', auto: false }] } as unknown as uPlot.Series))],
      hooks: { draw: [(plot) => this.#drawNames(plot, view, ink, font)] },
    };
  }

  #stroke(plot: uPlot, series: Series, xs: Float64Array, ys: Float64Array, ink: Ink): void {
    const { ctx } = plot;
    const ratio = devicePixelRatio;
    const { left, top, width, height } = plot.bbox;
    const style = STYLES[series.role];
    const [x0, x1] = this.#ranges.x;
    const [y0, y1] = this.#ranges.y;
    const xlog = this.view?.x.log === true;
    const ylog = this.view?.y.log === true;
    const scale = (low: number, high: number, log: boolean): ((value: number) => number) => {
      if (!log) return (value) => (value - low) / (high - low);
      const [a, b] = [Math.log(low), Math.log(high)];
      return (value) => (value > 0 ? (Math.log(value) - a) / (b - a) : NaN);
    };
    const [fx, fy] = [scale(x0, x1, xlog), scale(y0, y1, ylog)];
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top - 4, width + 2, height + 8);
    ctx.clip();
    ctx.globalAlpha = style.alpha;
    ctx.strokeStyle = ctx.fillStyle = style.colour(ink);
    const n = Math.min(xs.length, ys.length);
    if (series.points) {
      const size = 1.7 * ratio;
      for (let i = 0; i < n; i++) {
        const [x, y] = [left + fx(xs[i] as number) * width, top + (1 - fy(ys[i] as number)) * height];
        if (Number.isFinite(x + y)) ctx.fillRect(x - size / 2, y - size / 2, size, size);
      }
    } else {
      ctx.lineWidth = style.width * ratio;
      ctx.lineJoin = 'round';
      ctx.setLineDash(style.dash.map((dash) => dash * ratio));
      ctx.beginPath();
      let pen = false;
      for (let i = 0; i < n; i++) {
        const [x, y] = [left + fx(xs[i] as number) * width, top + (1 - fy(ys[i] as number)) * height];
        if (!Number.isFinite(x + y)) pen = false;
        else if (pen) ctx.lineTo(x, y);
        else {
          ctx.moveTo(x, y);
          pen = true;
        }
      }
      ctx.stroke();
    }
    ctx.restore();
  }

  #drawNames(plot: uPlot, view: View, ink: Ink, font: string): void {
    const picture = this.#current();
    if (picture === null) return;
    const { ctx } = plot;
    const ratio = devicePixelRatio;
    const { left, top, width, height } = plot.bbox;
    ctx.save();
    ctx.font = font.replace('11px', `${11 * ratio}px`);
    ctx.textBaseline = 'middle';
    ctx.fillStyle = ink.ink3;
    ctx.textAlign = 'right';
    const unit = (axis: Axis): string => axis.label + (axis.unit === null ? '' : `, ${axis.unit}`);
    const across = unit(view.x);
    const wide = ctx.measureText(across).width;
    ctx.fillStyle = ink.stage;
    ctx.globalAlpha = 0.75;
    ctx.fillRect(left + width - wide - 2 * ratio, top + height - 16 * ratio, wide + 2 * ratio, 14 * ratio);
    ctx.globalAlpha = 1;
    ctx.fillStyle = ink.ink3;
    ctx.fillText(across, left + width, top + height - 9 * ratio);
    ctx.lineWidth = ratio;
    for (const { at, label } of picture.uprights) {
      const x = plot.valToPos(at, 'x', true);
      if (x < left || x > left + width) continue;
      ctx.strokeStyle = ink.rule2;
      ctx.beginPath();
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
      ctx.stroke();
      // At the end of the axis the name stands before its line.
      const before = x + 6 * ratio + ctx.measureText(label).width > left + width;
      ctx.textAlign = before ? 'right' : 'left';
      ctx.fillText(label, x + (before ? -4 : 4) * ratio, top + 7 * ratio);
    }
    for (const { at, label } of picture.levels) {
      const y = plot.valToPos(at, 'y', true);
      if (!(y >= top && y <= top + height)) continue;
      ctx.strokeStyle = ink.rule2;
      ctx.setLineDash([1.5 * ratio, 2.5 * ratio]);
      ctx.beginPath();
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.textAlign = 'left';
      ctx.fillText(label, left + 4 * ratio, y - 8 * ratio);
    }
    // The names of the series at their ends, pushed apart where they would meet.
    const names: { text: string; x: number; y: number; colour: string; live: boolean }[] = [];
    picture.series.forEach((series, index) => {
      if (series.label === '' || series.points) return;
      const values = (plot.data as unknown as ([Float64Array, Float64Array] | null)[])[index + 1];
      if (values === null || values === undefined) return;
      let end = Math.min(values[0].length, values[1].length) - 1;
      while (end >= 0 && !(Number.isFinite(values[1][end]) && (!view.y.log || (values[1][end] ?? 0) > 0))) end--;
      if (end < 0) return;
      const x = plot.valToPos(values[0][end] ?? 0, 'x', true);
      const y = plot.valToPos(values[1][end] ?? 0, 'y', true);
      names.push({ text: series.label, x: Math.min(left + width, Math.max(left, x)), y: Math.min(top + height, Math.max(top, y)), colour: series.role === 'quiet' ? ink.ink3 : STYLES[series.role].colour(ink), live: series.role === 'run' });
    });
    // The upright's own name stands at its top.
    if (picture.uprights.some(({ label }) => label !== '')) for (const name of names) name.y = Math.max(name.y, top + 22 * ratio);
    names.sort((a, b) => a.y - b.y);
    names.forEach((name, i) => {
      const above = names[i - 1];
      if (above !== undefined && name.y - above.y < 14 * ratio) name.y = above.y + 14 * ratio;
    });
    // None of them stands on the axis below: the lowest goes up, and takes along what is in its way.
    for (let i = names.length - 1; i >= 0; i--) {
      const name = names[i];
      const below = names[i + 1];
      if (name !== undefined) name.y = Math.min(name.y, below === undefined ? top + height - 8 * ratio : below.y - 14 * ratio);
    }
    for (const { text, x, y, colour, live } of names) {
      ctx.font = `${live ? '500 ' : ''}${12 * ratio}px ${ink.sans}`;
      const wide = ctx.measureText(text).width;
      const fits = x + 7 * ratio + wide <= ctx.canvas.width;
      ctx.fillStyle = ink.stage;
      ctx.globalAlpha = 0.75;
      ctx.textAlign = fits ? 'left' : 'right';
      const at = fits ? x + 7 * ratio : ctx.canvas.width - 2 * ratio;
      ctx.fillRect(fits ? at - 2 : at - wide - 2, y - 8 * ratio, wide + 4, 16 * ratio);
      ctx.globalAlpha = 1;
      ctx.fillStyle = colour;
      ctx.fillText(text, at, y);
    }
    ctx.restore();
  }

  #context(width: number, height: number): CanvasRenderingContext2D | null {
    let canvas = this.#body.querySelector<HTMLCanvasElement>('canvas.own');
    if (canvas === null) {
      this.#forget();
      canvas = h('canvas', { class: 'own' });
      this.#body.append(canvas);
    }
    const ratio = devicePixelRatio;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext('2d');
    context?.scale(ratio, ratio);
    return context;
  }

  #drawHeat(picture: Extract<Picture, { kind: 'heat' }>, arrays: Float64Array[], width: number, height: number): void {
    const c = this.#context(width, height);
    const values = arrays[picture.values.array];
    const { rows, columns, range } = picture;
    if (c === null || values === undefined || rows * columns === 0) return;
    const ink = inks();
    const image = new ImageData(columns, rows);
    const span = range[1] - range[0] || 1;
    for (let i = 0; i < rows * columns; i++) {
      const value = values[i] ?? NaN;
      const [r, g, b] = viridis((value - range[0]) / span);
      if (Number.isFinite(value)) image.data.set([r, g, b, 255], i * 4);
    }
    const small = new OffscreenCanvas(columns, rows);
    small.getContext('2d')?.putImageData(image, 0, 0);
    const { left, top, width: wide, height: high } = heatArea(width, height);
    c.imageSmoothingEnabled = false;
    // Row 0 is at the bottom, as on an axis.
    c.save();
    c.translate(left, top + high);
    c.scale(1, -1);
    c.drawImage(small, 0, 0, wide, high);
    c.restore();
    c.font = `11px ${ink.sans}`;
    c.fillStyle = ink.ink3;
    const named = (axis: Axis | undefined): string => (axis === undefined ? '' : axis.label + (axis.unit === null ? '' : `, ${axis.unit}`));
    // Below, as under the lines: round numbers, and the name of the axis at its end.
    const across = named(this.view?.x);
    const end = left + wide - c.measureText(across).width - 6;
    c.textBaseline = 'top';
    c.textAlign = 'center';
    for (const value of rounds(picture.x, Math.floor(wide / 64))) {
      const text = tick(value, false);
      const x = left + (wide * (value - picture.x[0])) / (picture.x[1] - picture.x[0]);
      if (x + c.measureText(text).width / 2 < end) c.fillText(text, x, top + high + 6);
    }
    c.textAlign = 'right';
    c.fillText(across, left + wide, top + high + 6);
    // Beside it, with the name of the axis above its numbers.
    c.textBaseline = 'middle';
    for (const value of rounds(picture.y, Math.floor(high / 30))) {
      const y = top + high * (1 - (value - picture.y[0]) / (picture.y[1] - picture.y[0]));
      if (y > top + 16) c.fillText(tick(value, false), left - 6, y);
    }
    c.textBaseline = 'top';
    c.fillText(named(this.view?.y), left - 6, top - 2);
    this.#drawScale(c, picture, ink, left + wide + 10, top, high);
  }

  /** The colours with their meaning: highest above, lowest below. */
  #drawScale(c: CanvasRenderingContext2D, { range, label }: Extract<Picture, { kind: 'heat' }>, ink: Ink, left: number, top: number, high: number): void {
    const colours = c.createLinearGradient(0, top + high, 0, top);
    VIRIDIS.forEach((rgb, i) => colours.addColorStop(i / (VIRIDIS.length - 1), `rgb(${rgb.join(' ')})`));
    c.fillStyle = colours;
    c.fillRect(left, top, 8, high);
    c.fillStyle = ink.ink3;
    c.textAlign = 'left';
    c.textBaseline = 'top';
    c.fillText(short(range[1]), left + 12, top - 2);
    c.textBaseline = 'middle';
    if (high > 48) c.fillText(label, left + 12, top + high / 2, 40);
    c.textBaseline = 'bottom';
    c.fillText(short(range[0]), left + 12, top + high + 2);
  }

  #drawBars(picture: Extract<Picture, { kind: 'bars' }>, arrays: Float64Array[], width: number, height: number): void {
    const c = this.#context(width, height);
    if (c === null) return;
    const ink = inks();
    const log = this.view?.y.log === true;
    const all = picture.series.map(({ y }) => arrays[y.array] ?? new Float64Array());
    let [low, high] = rangeOf(all, log, 0.05);
    if (!log) [low, high] = [Math.min(0, low), Math.max(0, high)];
    const [left, top, wide, tall] = [44, 10, width - 60, height - 42];
    const place = (value: number): number => top + tall * (1 - (log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low)));
    const base = log ? top + tall : place(0);
    const slot = wide / Math.max(1, picture.labels.length);
    const bar = Math.max(1, (slot * 0.7) / Math.max(1, all.length));
    picture.series.forEach((series, k) => {
      c.fillStyle = STYLES[series.role].colour(ink);
      all[k]?.forEach((value, i) => {
        const y = place(value);
        if (Number.isFinite(y)) c.fillRect(left + slot * (i + 0.15) + bar * k, Math.min(y, base), Math.max(1, bar - 1), Math.max(1, Math.abs(base - y)));
      });
      c.font = `12px ${ink.sans}`;
      c.textAlign = 'right';
      c.fillText(series.label, left + wide, top + 8 + 15 * k);
    });
    c.fillStyle = ink.ink3;
    c.font = `11px ${ink.sans}`;
    c.fillRect(left, base, wide, 1);
    c.textAlign = 'right';
    c.fillText(tick(Number(high.toPrecision(2)), false), left - 6, top + 8);
    c.fillText(tick(log ? Number(low.toPrecision(2)) : 0, false), left - 6, base);
    c.textAlign = 'center';
    const every = Math.max(1, Math.ceil(46 / slot));
    picture.labels.forEach((label, i) => {
      if (i % every === 0) c.fillText(label, left + slot * (i + 0.5), top + tall + 16);
    });
    c.textAlign = 'right';
    c.fillText(this.view?.x.label ?? '', left + wide, top + tall + 30);
  }
}
customElements.define('sx-picture', PictureBox);
