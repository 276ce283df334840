// A pad on which a curve is drawn: with the pointer, or by keys, one point at a time.
import { h, s } from './dom';
import { described, height, levels, MIDDLE, stroke, TOP, written } from './letters';

/** The picture's size in its own units, and the room above the highest level and below the lowest. */
const [WIDTH, HEIGHT, EDGE] = [240, 80, 4];
/** Points of a new curve: as fine as a hand draws, and few enough for keys and for a link. */
const NEW = 48;

export interface CurvePad {
  element: HTMLElement;
  show(text: string): void;
}

/** `change` gets the curve as text, and whether the stroke is done. */
export function curvePad(label: string, most: number, change: (text: string, done: boolean) => void): CurvePad {
  let curve: number[] = [];
  let at = 0;
  let held: [number, number] | null = null;

  const line = s('path', { class: 'drawn' });
  const knob = s('circle', { r: 4, class: 'knob' });
  const picture = s('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    s('path', { class: 'middle', d: `M0 ${HEIGHT / 2}H${WIDTH}` }), line, knob);
  const said = h('p', { class: 'dim', id: `curve-${Math.random().toString(36).slice(2, 7)}` });
  const pad = h('div', {
    class: 'pad', role: 'slider', tabindex: 0, 'aria-label': label, 'aria-roledescription': 'curve', 'aria-orientation': 'vertical',
    'aria-valuemin': -1, 'aria-valuemax': 1, 'aria-describedby': said.id,
    title: 'Draw with the pointer, or choose a point with ← → and move it with ↑ ↓.',
  }, picture);
  const clear = h('button', { class: 'textlink', onclick: () => put([], true) }, 'Clear');
  const element = h('div', { class: 'curve' }, pad, h('div', { class: 'curveacts' }, said, clear));

  const x = (point: number): number => (curve.length < 2 ? 0 : (WIDTH * point) / (curve.length - 1));
  const y = (level: number): number => EDGE + (HEIGHT - 2 * EDGE) * (1 - level / TOP);
  function paint(): void {
    at = Math.max(0, Math.min(curve.length - 1, at));
    line.setAttribute('d', curve.map((level, i) => `${i === 0 ? 'M' : 'L'}${x(i).toFixed(1)} ${y(level).toFixed(1)}`).join(''));
    const level = curve[at];
    knob.setAttribute('cx', String(x(at)));
    knob.setAttribute('cy', String(y(level ?? MIDDLE)));
    knob.style.display = level === undefined ? 'none' : '';
    clear.disabled = curve.length === 0;
    said.textContent = described(curve);
    const value = height(level ?? MIDDLE);
    pad.setAttribute('aria-valuenow', value.toFixed(2));
    pad.setAttribute('aria-valuetext', level === undefined ? 'nothing drawn' : `point ${at + 1} of ${curve.length}: ${value.toFixed(2).replace('-', '−')}`);
  }
  function put(next: number[], done: boolean): void {
    curve = next;
    paint();
    change(written(curve), done);
  }
  const begun = (): number[] => (curve.length > 0 ? curve : new Array<number>(Math.min(most, NEW)).fill(MIDDLE));

  const place = (event: PointerEvent): [number, number] => {
    const box = pad.getBoundingClientRect();
    const n = begun().length;
    const share = (value: number): number => Math.max(0, Math.min(1, value));
    return [Math.round(share((event.clientX - box.left) / box.width) * (n - 1)), Math.round(TOP * (1 - share(((HEIGHT * (event.clientY - box.top)) / box.height - EDGE) / (HEIGHT - 2 * EDGE))))];
  };
  const draw = (event: PointerEvent, done: boolean): void => {
    const to = place(event);
    const next = stroke(begun(), held ?? to, to);
    held = to;
    [at] = to;
    put(next, done);
  };
  pad.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    pad.setPointerCapture(event.pointerId);
    held = null;
    draw(event, false);
  });
  pad.addEventListener('pointermove', (event) => {
    if (held === null) return;
    for (const one of event.getCoalescedEvents?.() ?? []) draw(one, false);
    draw(event, false);
  });
  pad.addEventListener('pointerup', (event) => {
    if (held === null) return;
    draw(event, true);
    held = null;
  });
  pad.addEventListener('pointercancel', () => {
    if (held !== null) put(curve, true);
    held = null;
  });
  pad.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 8 : 1;
    const up: Record<string, number> = { ArrowUp: step, ArrowDown: -step, PageUp: 8, PageDown: -8 };
    const along: Record<string, number> = { ArrowLeft: at - step, ArrowRight: at + step, Home: 0, End: begun().length - 1 };
    const by = up[event.key];
    const to = along[event.key];
    if (by !== undefined) {
      const next = [...begun()];
      next[at] = Math.max(0, Math.min(TOP, (next[at] ?? MIDDLE) + by));
      put(next, true);
    } else if (to !== undefined) {
      at = to;
      paint();
    } else if (event.key === 'Delete') put([], true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  paint();
  return {
    element,
    show(text): void {
      if (held !== null || text === written(curve)) return;
      curve = levels(text);
      paint();
    },
  };
}
