// Controls made from the declared table: name, symbol, slider or choice, value. A value that is not the default
// stands in the accent, because that is what the link carries.
import type { Control, Declaration, Setting, Value } from './contract';
import { curvePad } from './curve-pad';
import { figure, h, markup, minus, raised, readNumber } from './dom';

interface Row {
  control: Control;
  element: HTMLElement;
  show(value: Value): void;
}

/** How a change arrives: while dragging, for good, or by a key that moves a slider and may be pressed again. */
export type Manner = 'drag' | 'done' | 'key';

export class ControlsPanel extends HTMLElement {
  onchange_: (control: string, value: Value, manner: Manner) => void = () => undefined;
  #rows: Row[] = [];
  #values = new Map<string, Value>();

  declare_(declaration: Declaration, values: Setting[]): void {
    this.#rows = [];
    this.className = declaration.controls.length >= 8 ? 'controls dense' : 'controls';
    const groups = new Map<string, Control[]>();
    for (const control of declaration.controls) groups.set(control.group, [...(groups.get(control.group) ?? []), control]);
    const parts: HTMLElement[] = [];
    let shown = 0;
    for (const [name, controls] of groups) {
      const rows = controls.map((control) => this.makeRow(control));
      const first = parts.length === 0;
      if (first || name === '') parts.push(h('div', { class: 'rows', role: 'group', 'aria-label': name }, ...rows));
      else {
        const touched = controls.some((control) => values.some((setting) => setting.control === control.id && setting.value !== control.kind.default));
        const open = touched || shown + controls.length <= 11;
        parts.push(h('details', { open }, h('summary', {}, name), h('div', { class: 'rows', role: 'group', 'aria-label': name }, ...rows)));
      }
      shown += controls.length;
    }
    this.replaceChildren(...parts);
    this.show(values);
  }

  /** A row by itself, for the presenter. */
  makeRow(control: Control): HTMLElement {
    const row = make(control, (value, manner) => this.onchange_(control.id, value, manner));
    this.#rows.push(row);
    const known = this.#values.get(control.id);
    if (known !== undefined) row.show(known);
    return row.element;
  }

  show(values: Setting[]): void {
    this.#values = new Map(values.map(({ control, value }) => [control, value]));
    this.#rows = this.#rows.filter(({ element }) => element.parentElement !== null || this.#rows.length < 200);
    for (const { control, element, show } of this.#rows) {
      const value = this.#values.get(control.id) ?? control.kind.default;
      element.classList.toggle('changed', value !== control.kind.default);
      const { shownWhen } = control;
      element.hidden = shownWhen !== null && !shownWhen.anyOf.includes(String(this.#values.get(shownWhen.control)));
      show(value);
    }
  }
}
customElements.define('sx-controls', ControlsPanel);

function make(control: Control, change: (value: Value, manner: Manner) => void): Row {
  const { kind } = control;
  const id = `control-${control.id}-${Math.random().toString(36).slice(2, 7)}`;
  const title = control.help + (control.restarts ? ' A change restarts the run.' : '');
  const symbol = h('span');
  if (control.symbol !== null) symbol.append(markup(control.symbol));
  const unit = control.unit === null ? '' : ` (${control.unit})`;
  // Beside the name, where it takes no room from the value; the title says it in words.
  const again = control.restarts ? h('span', { class: 'again', title: 'restarts the run', 'aria-hidden': 'true' }, '\u00a0↻') : null;
  const back = (event: KeyboardEvent): void => {
    if (event.key === 'Delete') {
      event.preventDefault();
      change(kind.default, 'done');
    }
  };

  if (kind.kind === 'number' || kind.kind === 'integer') {
    const whole = kind.kind === 'integer';
    const decimals = kind.kind === 'number' ? kind.decimals : 0;
    // A value typed beyond the end, where that is allowed, widens the slider.
    let low = kind.min;
    let high = kind.max;
    const log = kind.log && low > 0;
    const place = (value: number): number => (log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));
    const at = (share: number): number => {
      const value = log ? low * (high / low) ** share : low + share * (high - low);
      if (whole) return Math.round(value);
      // Two digits suffice for a slider on a logarithmic scale, the declared decimals on a linear one.
      return log ? Number(value.toPrecision(2)) : Number(value.toFixed(decimals));
    };
    const fine = whole && high - low <= 1000 && !log ? 1 / (high - low) : log ? 1 / 240 : Math.max(10 ** -decimals / (high - low), 1 / 2000);
    let keyed = false;
    const slider = h('input', {
      type: 'range', id, min: 0, max: 1, step: fine, title,
      oninput: () => change(at(Number(slider.value)), keyed ? 'key' : 'drag'),
      onchange: () => change(at(Number(slider.value)), keyed ? 'key' : 'done'),
      ondblclick: () => change(kind.default, 'done'),
      onpointerdown: () => (keyed = false),
      onkeydown: (event: KeyboardEvent) => {
        keyed = true;
        back(event);
      },
    });
    const tick = (): void => slider.style.setProperty('--tick', `${(Math.max(0, Math.min(1, place(kind.default))) * 100).toFixed(2)}%`);
    tick();
    // On a logarithmic scale the declared decimals are those of the smallest value.
    const text = (value: number): string => (whole ? minus(String(value)) : log && Math.abs(value) >= 1e-3 ? minus(String(Number(value.toPrecision(5)))) : show(value, decimals));
    const typed = h('input', {
      type: 'text', inputmode: 'decimal', 'aria-label': `${control.label}, value`, title, autocomplete: 'off',
      onfocus: () => typed.select(),
      onchange: () => {
        const value = readNumber(typed.value);
        if (value === null) typed.value = text(current);
        else change(whole ? Math.round(value) : value, 'done');
      },
      onkeydown: (event: KeyboardEvent) => {
        if (event.key === 'Escape') {
          typed.value = text(current);
          typed.blur();
        } else if (event.key === 'Enter') typed.blur();
      },
    });
    let current = kind.default;
    const element = h('div', { class: 'control' }, h('label', { for: id, title }, control.label + unit, again), symbol, slider, h('span', { class: 'amount' }, typed));
    return {
      control, element,
      show(value): void {
        current = Number(value);
        if (current > high || (current < low && (!log || current > 0))) {
          [low, high] = [Math.min(low, current), Math.max(high, current)];
          tick();
        }
        if (document.activeElement !== typed) typed.value = text(current);
        slider.value = String(Math.max(0, Math.min(1, place(current))));
        slider.setAttribute('aria-valuetext', text(current) + unit);
      },
    };
  }

  if (kind.kind === 'choice') {
    const letters = kind.options.reduce((sum, { label }) => sum + label.length + 2, 0);
    if (kind.options.length <= 5 && letters <= 40) {
      const buttons = kind.options.map((option) => h('button', { 'aria-pressed': 'false', title, onclick: () => change(option.value, 'done') }, option.label));
      const element = h('div', { class: 'control' }, h('span', { class: 'name', id, title }, control.label + unit, again),
        h('span', { class: 'wide' }, h('span', { class: 'pick', role: 'group', 'aria-labelledby': id }, ...buttons)));
      return { control, element, show: (value) => buttons.forEach((button, i) => button.setAttribute('aria-pressed', String(kind.options[i]?.value === value))) };
    }
    const select = h('select', { id, title, onchange: () => change(select.value, 'done'), onkeydown: back },
      ...kind.options.map(({ value, label }) => h('option', { value }, label)));
    const element = h('div', { class: 'control' }, h('label', { for: id, title }, control.label + unit, again), h('span', { class: 'wide' }, select));
    return { control, element, show: (value) => void (select.value = String(value)) };
  }

  if (kind.kind === 'switch') {
    const buttons = [false, true].map((value) => h('button', { 'aria-pressed': 'false', title, onclick: () => change(value, 'done') }, value ? 'on' : 'off'));
    const element = h('div', { class: 'control' }, h('span', { class: 'name', id, title }, control.label, again),
      h('span', { class: 'wide' }, h('span', { class: 'pick', role: 'group', 'aria-labelledby': id }, ...buttons)));
    return { control, element, show: (value) => buttons.forEach((button, i) => button.setAttribute('aria-pressed', String((i === 1) === value))) };
  }

  if (kind.kind === 'curve') {
    const pad = curvePad(control.label, kind.points, (text, done) => change(text, done ? 'done' : 'drag'));
    const element = h('div', { class: 'control' }, h('span', { class: 'name', title }, control.label, again), h('span', { class: 'whole' }, pad.element));
    return { control, element, show: (value) => pad.show(String(value)) };
  }

  const field = h('input', { type: 'text', id, title, maxlength: kind.maxLength, autocomplete: 'off', spellcheck: 'false', onchange: () => change(field.value, 'done') });
  const element = h('div', { class: 'control' }, h('label', { for: id, title }, control.label + unit, again), h('span', { class: 'wide' }, field));
  return {
    control, element,
    show(value): void {
      if (document.activeElement !== field) field.value = String(value);
    },
  };
}

/** A value beside its slider: the declared decimals, or a power of ten where they would show nothing. */
function show(value: number, decimals: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-3) {
    const power = Math.floor(Math.log10(size) + 1e-9);
    const front = Number((value / 10 ** power).toPrecision(2));
    return minus(front === 1 ? `10${raised(power)}` : `${front}·10${raised(power)}`);
  }
  return figure(value, decimals);
}
