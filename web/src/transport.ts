// The transport: pause, step, reset, where the run is, speed, seed, device, fingerprint, share.
import type { DeviceReport, Status } from './contract';
import { count, h, icon, minus, setText } from './dom';

/** Steps a second at speed 1. */
const UNIT = 240;
const PACES: [string, number | null][] = [['⅛×', UNIT / 8], ['¼×', UNIT / 4], ['½×', UNIT / 2], ['1×', UNIT], ['2×', UNIT * 2], ['4×', UNIT * 4], ['16×', UNIT * 16], ['as fast as it goes', null]];

export class Transport extends HTMLElement {
  onswitch: () => void = () => undefined;
  onstep: () => void = () => undefined;
  onrewind: () => void = () => undefined;
  onpace: (pace: number | null) => void = () => undefined;
  onseed: (seed: string) => void = () => undefined;
  ondevice: (device: string) => void = () => undefined;
  onshare: () => void = () => undefined;
  readonly #play = h('button', { class: 'ic main', 'aria-label': 'Play', onclick: () => this.onswitch() }, icon('play'));
  readonly #name = h('span', { class: 'dim' });
  readonly #at = h('span');
  readonly #of = h('span', { class: 'dim fine' });
  readonly #pace = h('select', { 'aria-label': 'Speed', onchange: () => this.onpace(PACES[Number(this.#pace.value)]?.[1] ?? null) }, ...PACES.map(([name], i) => h('option', { value: i }, name)));
  readonly #rate = h('span', { class: 'dim' });
  readonly #seed = h('input', { type: 'text', inputmode: 'numeric', 'aria-label': 'Seed', autocomplete: 'off', maxlength: 20, onchange: () => this.onseed(this.#seed.value.trim()) });
  readonly #cpu = h('button', { 'aria-pressed': 'true', onclick: () => this.ondevice('cpu') }, 'CPU');
  readonly #gpu = h('button', { 'aria-pressed': 'false', onclick: () => this.ondevice('gpu') }, 'GPU');
  readonly #device = h('div', { class: 'field device' }, h('span', { class: 'pick', role: 'group', 'aria-label': 'Device' }, this.#cpu, this.#gpu));
  readonly #print = h('code');
  readonly #progress = h('div', { class: 'progress' });
  readonly #share = h('button', { class: 'share', 'aria-haspopup': 'dialog', onclick: () => this.onshare() }, icon('share'), 'Share this run');

  connectedCallback(): void {
    if (this.#play.isConnected) return;
    this.classList.add('bar');
    this.setAttribute('role', 'contentinfo');
    this.append(this.#progress, this.#play,
      h('button', { class: 'ic', 'aria-label': 'Step', onclick: () => this.onstep() }, icon('step')),
      h('button', { class: 'ic', 'aria-label': 'Reset', onclick: () => this.onrewind() }, icon('reset')),
      h('div', { class: 'field' }, this.#name, this.#at, this.#of),
      h('div', { class: 'field speed' }, h('span', { class: 'dim' }, 'speed'), this.#pace, this.#rate),
      h('span', { class: 'space' }),
      h('label', { class: 'field seed' }, h('span', { class: 'dim' }, 'seed'), this.#seed),
      this.#device,
      h('div', { class: 'field print' }, h('span', { class: 'dim' }, 'fingerprint'), this.#print),
      this.#share);
  }
  playing(playing: boolean): void {
    const name = playing ? 'Pause' : 'Play';
    if (this.#play.getAttribute('aria-label') === name) return;
    this.#play.setAttribute('aria-label', name);
    this.#play.replaceChildren(icon(playing ? 'pause' : 'play'));
  }
  pace(pace: number | null): void {
    this.#pace.value = String(Math.max(0, PACES.findIndex(([, rate]) => rate === pace)));
  }
  seed(seed: string): void {
    if (document.activeElement !== this.#seed) this.#seed.value = seed;
  }
  device(report: DeviceReport, takesGpu: boolean): void {
    this.#device.hidden = !takesGpu;
    this.#gpu.disabled = !report.available;
    this.#gpu.title = [report.name, report.note ?? ''].filter((part) => part !== '').join('. ') || 'WebGPU';
  }
  status(status: Status, rate: number): void {
    if (status.time !== null) {
      setText(this.#name, 't');
      setText(this.#at, minus(status.time.toFixed(2)));
      setText(this.#of, `${count(status.step)} ${status.unit}`);
    } else {
      setText(this.#name, status.unit.replace(/s$/, ''));
      setText(this.#at, count(status.step));
      setText(this.#of, status.total === null ? '' : `of ${count(status.total)}`);
    }
    setText(this.#rate, this.#pace.value === String(PACES.length - 1) && rate > 0 ? `${count(rate)} / s` : '');
    this.#progress.style.width = status.total === null ? '0' : `${Math.min(100, (100 * status.step) / status.total)}%`;
    this.#cpu.setAttribute('aria-pressed', String(status.device !== 'gpu'));
    this.#gpu.setAttribute('aria-pressed', String(status.device === 'gpu'));
    setText(this.#print, status.fingerprint === null ? (status.fingerprintNote === null ? 'none' : 'not claimed') : `${status.fingerprint.slice(0, 4)} ${status.fingerprint.slice(4, 8)}`);
    this.#print.title = [status.fingerprint ?? '', status.fingerprintNote ?? ''].filter((part) => part !== '').join('. ');
  }
}
customElements.define('sx-transport', Transport);
export const PACE_OF_A_FLOW = UNIT;
