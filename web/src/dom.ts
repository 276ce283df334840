// Small helpers for making elements and setting numbers. No framework: elements are made once and then changed.

type Child = Node | string | null | undefined;
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;

/** Makes an element; `on…` attributes are listeners, `null` and `false` are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

/** Makes an SVG element. */
export function s(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  fill(element, attributes, children);
  return element;
}

function fill(element: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined) element.append(child);
}

/** Sets text only when it differs, so that nothing is announced or laid out twice. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const MATH = 'http://www.w3.org/1998/Math/MathML';
const ALLOWED = new Set([
  'em', 'sub', 'sup', 'math', 'mrow', 'mi', 'mn', 'mo', 'ms', 'mtext', 'mspace', 'mfrac', 'msqrt', 'mroot', 'msub', 'msup', 'msubsup', 'munder', 'mover',
  'munderover', 'mtable', 'mtr', 'mtd', 'mpadded', 'mphantom', 'mstyle', 'menclose', 'semantics',
]);
const ATTRIBUTES = new Set(['mathvariant', 'display', 'displaystyle', 'stretchy', 'fence', 'separator', 'lspace', 'rspace', 'width', 'height', 'accent', 'form', 'aria-label', 'columnalign', 'linethickness', 'minsize', 'maxsize']);

/**
 * Reads the little markup that the engine writes (MathML and `<em>`); anything else becomes its text, so that
 * names typed by a person can never become elements.
 */
export function markup(source: string): DocumentFragment {
  const template = document.createElement('template');
  template.innerHTML = source;
  const clean = (node: Node): Node | null => {
    if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.textContent ?? '');
    if (!(node instanceof Element)) return null;
    const name = node.localName;
    const children = [...node.childNodes].map(clean).filter((child) => child !== null);
    if (!ALLOWED.has(name)) {
      const fragment = document.createDocumentFragment();
      if (name !== 'script' && name !== 'style') fragment.append(...children);
      return fragment;
    }
    const copy = ['em', 'sub', 'sup'].includes(name) ? document.createElement(name) : document.createElementNS(MATH, name);
    for (const { name: key, value } of [...node.attributes]) if (ATTRIBUTES.has(key)) copy.setAttribute(key, value);
    copy.append(...children);
    return copy;
  };
  const result = document.createDocumentFragment();
  for (const node of [...template.content.childNodes]) {
    const copy = clean(node);
    if (copy !== null) result.append(copy);
  }
  return result;
}

const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';
/** A whole number as an exponent. */
export function raised(n: number): string {
  return (n < 0 ? '⁻' : '') + [...String(Math.abs(n))].map((digit) => RAISED[Number(digit)] ?? '').join('');
}

/** A number with a true minus; very large and very small ones as a power of ten. */
export function figure(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'none' : value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 0.5 * 10 ** -Math.min(decimals, 4))) {
    const power = Math.floor(Math.log10(size) + 1e-12);
    const front = value / 10 ** power;
    const text = front.toFixed(1).replace(/\.0$/, '');
    return minus(text === '1' ? `10${raised(power)}` : text === '-1' ? `-10${raised(power)}` : `${text}·10${raised(power)}`);
  }
  return minus(value.toFixed(Math.min(decimals, size >= 1000 ? 1 : decimals)));
}

/** About three significant digits. */
export function significant(value: number): string {
  const size = Math.abs(value);
  return figure(value, size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.0995 ? (size >= 1 ? 2 : 3) : 4);
}

/** The minus sign of mathematics. */
export function minus(text: string): string {
  return text.replace(/-/g, '−');
}

/** 4,920 */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}

/** Reads what a person types as a number: true minus, comma groups, fractions, 10⁻⁶. */
export function readNumber(text: string): number | null {
  let plain = text.trim().replace(/[−–]/g, '-').replace(/\s/g, '');
  plain = plain.replace(/(?:([\d.]+)[·×*])?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/, (_all, front: string | undefined, power: string) =>
    `${front ?? '1'}e${[...power].map((c) => (c === '⁻' ? '-' : String(RAISED.indexOf(c)))).join('')}`);
  const parts = plain.split('/');
  if (parts.length > 2 || parts.some((part) => part === '' || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(part))) return null;
  const value = parts.length === 2 ? Number(parts[0]) / Number(parts[1]) : Number(parts[0]);
  return Number.isFinite(value) ? value : null;
}

const PATHS: Record<string, string> = {
  play: 'M5 3l8 5-8 5z', pause: 'M4.5 3.5h2.4v9H4.5zM9.1 3.5h2.4v9H9.1z', step: 'M4 3.5l6 4.5-6 4.5zM12 3.5v9',
  reset: 'M3.2 6.2A5.2 5.2 0 1 1 2.8 9M3 2.8v3.6h3.6', share: 'M6.6 9.4l2.8-2.8M7 5l1.6-1.6a2.83 2.83 0 0 1 4 4L11 9M9 11l-1.6 1.6a2.83 2.83 0 0 1-4-4L5 7',
  menu: 'M2 4h12M2 8h12M2 12h8', find: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.4 10.4L14 14', shut: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  out: 'M9 2.5h4.5V7M13.5 2.5L8 8M11 9v4.5H2.5V5H7', holds: 'M2.5 8.5l3.5 3.5 7.5-8', fails: 'M3.5 3.5l9 9M12.5 3.5l-9 9', open: 'M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3z', grow: 'M9.5 2.5h4v4M6.5 13.5h-4v-4M13.5 2.5l-4.5 4.5M2.5 13.5l4.5-4.5',
};
/** A 16 px line icon; the name beside it, or its button's label, says what it is. */
export function icon(name: string): SVGElement {
  return s('svg', { class: `icon i-${name}`, viewBox: '0 0 16 16', 'aria-hidden': 'true' }, s('path', { d: PATHS[name] ?? '' }));
}
/** The house mark: two separatrices crossing. */
export function mark(): SVGElement {
  return s('svg', { viewBox: '0 0 20 20', 'aria-hidden': 'true' }, s('path', { d: 'M2.5 2.5l15 15M17.5 2.5l-15 15M5 2q5 7.5 10 0M5 18q5-7.5 10 0' }));
}
