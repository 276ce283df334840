// Lies over a plot in which a click does something: a crosshair for the pointer, a line that keys move.
import type { View } from './contract';
import { h, minus } from './dom';

interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}
type Range = [number, number];

export class PickPad {
  readonly #line = h('i');
  readonly element = h('div', {
    class: 'pickpad', role: 'slider', tabindex: 0, 'aria-orientation': 'horizontal', 'aria-valuemin': 0, 'aria-valuemax': 100,
    onpointermove: (event: PointerEvent) => this.#to(this.#place(event)[0]),
    onclick: (event: MouseEvent) => this.#pick(this.#place(event)),
    onkeydown: (event: KeyboardEvent) => this.#key(event),
  }, this.#line);
  readonly #chosen: (x: number, y: number) => void;
  #view: View | null = null;
  #x: Range = [0, 1];
  #y: Range = [0, 1];
  /** Where the line stands, as a share of the width. */
  #at = 0.75;

  constructor(chosen: (x: number, y: number) => void) {
    this.#chosen = chosen;
  }

  /** Takes its place over the axes of a plot. */
  over(view: View, { left, top, width, height }: Area, { x, y }: { x: Range; y: Range }): void {
    this.#view = view;
    [this.#x, this.#y] = [x, y];
    const { style } = this.element;
    // In the grid of its figure it begins where the picture does.
    for (const [name, value] of Object.entries({ marginLeft: left, marginTop: top, width, height })) style.setProperty(name.replace(/[A-Z]/, (c) => `-${c.toLowerCase()}`), `${value}px`);
    this.element.setAttribute('aria-label', `A place in ${view.title}`);
    this.element.title = 'A click, or Enter at the line, starts it there.';
    if (!this.element.hasAttribute('aria-valuenow')) this.#to(this.#at);
  }

  #place(event: MouseEvent): [number, number] {
    const box = this.element.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
  }
  #value([low, high]: Range, share: number, log: boolean): number {
    const at = Math.max(0, Math.min(1, share));
    return log ? low * (high / low) ** at : low + at * (high - low);
  }
  #to(share: number): void {
    this.#at = Math.max(0, Math.min(1, share));
    this.#line.style.left = `${(this.#at * 100).toFixed(2)}%`;
    const value = this.#value(this.#x, this.#at, this.#view?.x.log === true);
    this.element.setAttribute('aria-valuenow', (this.#at * 100).toFixed(0));
    this.element.setAttribute('aria-valuetext', `${this.#view?.x.label ?? ''} ${minus(String(Number(value.toPrecision(4))))}`.trim());
  }
  #pick([x, y]: [number, number]): void {
    this.#to(x);
    this.#chosen(this.#value(this.#x, x, this.#view?.x.log === true), this.#value(this.#y, y, this.#view?.y.log === true));
  }
  #key(event: KeyboardEvent): void {
    const step = event.shiftKey ? 0.1 : 0.01;
    if (event.key === 'ArrowRight' || event.key === 'ArrowUp') this.#to(this.#at + step);
    else if (event.key === 'ArrowLeft' || event.key === 'ArrowDown') this.#to(this.#at - step);
    else if (event.key === 'Home') this.#to(0);
    else if (event.key === 'End') this.#to(1);
    else if (event.key === 'Enter') this.#pick([this.#at, 0.5]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
