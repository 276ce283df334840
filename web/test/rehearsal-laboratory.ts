// A stand-in for the wasm laboratory: it integrates Lorenz in JavaScript and declares two exhibits, so that the
// page can be built, looked at and tested by itself. It is in no production bundle and no reference for numbers.
import type {
  Claim, Control, Declaration, DeviceReport, Drawn, ExportFormat, Gallery, Measurement, Member, Opened, Picture, Reading, Role, Series,
  Question, Setting, Shared, Status, Value, Verdict, View,
} from '../src/contract';
import type { CameraMove, Changed, Edited, Frame, Inquiry, Laboratory } from '../src/laboratory';

const math = (inner: string): string => `<math>${inner}</math>`;
const mi = (name: string): string => math(`<mi>${name}</mi>`);
const row = (inner: string): string => math(`<mrow>${inner}</mrow>`);

const TEXT = `# convection rolls, 1963
par sigma=10, rho=28, beta=8/3
init x=1, y=1, z=20
x' = sigma*(y - x)
y' = x*(rho - z) - y
z' = x*y - beta*z
done
`;

function number(
  id: string, label: string, symbol: string, min: number, max: number, value: number, decimals: number,
  more: Partial<Control> & { log?: boolean } = {},
): Control {
  const { log = false, ...rest } = more;
  return {
    id, label, symbol, unit: null, help: `Sets ${label.toLowerCase()}.`, group: 'Parameters', restarts: false, shownWhen: null,
    kind: { kind: 'number', min, max, default: value, log, decimals, open: true }, ...rest,
  };
}
function integer(id: string, label: string, symbol: string, min: number, max: number, value: number, restarts = true, log = false): Control {
  return {
    id, label, symbol, unit: null, help: `Sets ${label.toLowerCase()}.`, group: 'Run', restarts, shownWhen: null,
    kind: { kind: 'integer', min, max, default: value, log },
  };
}
function choice(id: string, label: string, options: string[], value: string, more: Partial<Control> = {}): Control {
  return {
    id, label, symbol: null, unit: null, help: `Chooses ${label.toLowerCase()}.`, group: 'Run', restarts: false, shownWhen: null,
    kind: { kind: 'choice', options: options.map((option) => ({ value: option, label: option })), default: value }, ...more,
  };
}
const view = (id: string, title: string, detail: string, kind: View['kind'], x: string, y: string, log = false): View => ({
  id, title, detail, kind, x: { label: x, unit: null, log: false }, y: { label: y, unit: null, log },
  alternative: `${title} ${detail}`, pickable: false,
});
const claim = (id: string, statement: string, measure: string, symbol: string | null, without: string, bar: Claim['figures'][0]['bar'], paper: string, value: number | null, log = false): Claim => ({
  id, statement, open: false, note: 'Median over the seeds; the baseline runs in the same run.', seeds: [1, 2, 3], cost: 2e9,
  figures: [{ id, measure, symbol, without, bar, baselineBar: null, paper: { value, text: paper, recalled: id === 'c2' }, log }],
});

const LORENZ: Declaration = {
  slug: 'lorenz', title: 'Lorenz', subtitle: 'Edward Lorenz, 1963', family: 'Chaotic flows', edition: 1,
  sentence: 'Convection between two plates, cut down to three variables.',
  equations: {
    text: TEXT, editable: true, typed: false,
    mathml: [
      row('<mover><mi>x</mi><mo>˙</mo></mover><mo>=</mo><mi>σ</mi><mo>(</mo><mi>y</mi><mo>−</mo><mi>x</mi><mo>)</mo>'),
      row('<mover><mi>y</mi><mo>˙</mo></mover><mo>=</mo><mi>x</mi><mo>(</mo><mi>ρ</mi><mo>−</mo><mi>z</mi><mo>)</mo><mo>−</mo><mi>y</mi>'),
      row('<mover><mi>z</mi><mo>˙</mo></mover><mo>=</mo><mi>x</mi><mi>y</mi><mo>−</mo><mi>β</mi><mi>z</mi>'),
    ],
  },
  controls: [
    number('sigma', 'Prandtl', mi('σ'), 0, 30, 10, 2), number('rho', 'Rayleigh', mi('ρ'), 0, 50, 28, 2),
    number('beta', 'Geometry', mi('β'), 0, 6, 8 / 3, 3),
    number('dt', 'Step', math('<mi mathvariant="normal">Δ</mi><mi>t</mi>'), 0.001, 0.1, 0.005, 3, { log: true, group: 'Run' }),
    integer('copies', 'Copies', mi('N'), 1, 4096, 256, true, true),
    number('delta', 'Apart by', mi('δ'), 1e-9, 1e-1, 1e-6, 9, { log: true, restarts: true, group: 'Run' }),
    choice('solver', 'Solver', ['Euler', 'RK4', 'Tsit5'], 'RK4'),
  ],
  views: [
    view('scene', 'Attractor', '', 'scene', 'x', 'z'), view('series', 'x(t)', 'of fourteen copies', 'lines', 't', 'x'),
    view('return', 'Return map', 'of the peaks of z', 'points', 'this peak', 'next peak'),
    view('apart', 'Distance', 'of two copies', 'lines', 't', 'distance', true),
  ],
  claims: [
    claim('c1', 'Volume shrinks at a constant rate', 'sum of the exponents', math('<mo>∑</mo><msub><mi>λ</mi><mi>i</mi></msub>'), 'none', { kind: 'within', centre: -13.667, tolerance: 0.001 }, '−13.667', -13.667),
    claim('c2', 'Neighbours part at a known rate', 'largest exponent', math('<msub><mi>λ</mi><mn>1</mn></msub>'), 'rho below 1', { kind: 'within', centre: 0.906, tolerance: 0.02 }, '0.906', 0.906),
  ],
  lesson: [
    { text: `All 256 copies began within a millionth of each other. Near ${row('<mi>t</mi><mo>=</mo><mn>16</mn>')} the bundle frays. That is the horizon, and halving ${mi('δ')} buys less than one unit of time.`, action: 'Halve δ and run again', sets: [{ control: 'delta', value: 5e-7 }] },
    { text: `Below ${row('<mi>ρ</mi><mo>=</mo><mn>24.06</mn>')} every copy ends at rest. <em>Above it</em>, some never do.`, action: 'Set ρ to 20', sets: [{ control: 'rho', value: 20 }] },
    { text: 'Euler at a long step leaves the numbers altogether.', action: 'Break it', sets: [{ control: 'solver', value: 'Euler' }, { control: 'dt', value: 0.05 }] },
  ],
  presets: [{ name: 'rest', sentence: 'Below the first threshold all is still.', sets: [{ control: 'rho', value: 0.5 }] }],
  citations: ['E. N. Lorenz, Deterministic nonperiodic flow, J. Atmos. Sci. 20, 1963.'], takesSeries: false, takesGpu: true,
};

const FORCING: Declaration = {
  ...LORENZ, slug: 'generalized-teacher-forcing', title: 'Generalised teacher forcing', family: 'Learning chaos',
  subtitle: 'Hess, Monfared, Brenner, Durstewitz 2023 · paper 22', takesSeries: true, takesGpu: false, equations: null,
  sentence: 'A tiny piecewise-linear network learns an attractor when its states are mixed with the data.',
  controls: [
    choice('system', 'System', ['lorenz', 'rossler', 'chua', 'hindmarsh-rose', 'thomas', 'aizawa'], 'lorenz', { restarts: true, group: 'Training' }),
    choice('forcing', 'Forcing', ['free', 'fixed', 'adaptive', 'sparse', 'full'], 'adaptive', { group: 'Training' }),
    number('alpha', 'Strength', mi('α'), 0, 1, 0.2, 2, { group: 'Training', shownWhen: { control: 'forcing', anyOf: ['fixed'] } }),
    number('gamma', 'Annealing', mi('γ'), 0.9, 0.999, 0.99, 3, { group: 'Training', shownWhen: { control: 'forcing', anyOf: ['adaptive'] } }),
    { ...integer('hidden', 'Hidden units', mi('L'), 5, 200, 50), group: 'Training' }, { ...integer('length', 'Sequence', mi('S'), 10, 400, 50), group: 'Training' },
    number('dt', 'Sampling', math('<mi mathvariant="normal">Δ</mi><mi>t</mi>'), 0.005, 0.1, 0.03, 3, { restarts: true, group: 'Training' }),
    number('noise', 'Noise', mi('s'), 0, 0.2, 0, 2, { restarts: true, group: 'Training' }),
    { id: 'clipped', label: 'Clipped units', symbol: null, unit: null, help: 'Bounded orbits.', group: 'Training', restarts: true, shownWhen: null, kind: { kind: 'switch', default: true } },
  ],
  views: [
    view('scene', 'Attractors', '', 'scene', 'x', 'z'), view('loss', 'Loss', '', 'lines', 'update', 'loss', true),
    view('alpha', 'Forcing strength', '', 'lines', 'update', 'α'), view('heat', 'Weights', 'hidden by state', 'heat', 'unit', 'state'),
    view('bars', 'Histogram', 'of x', 'bars', 'bin', 'count'),
  ],
  claims: [
    claim('c1', 'Forcing bounds the gradient', 'S 400 : S 25', null, 'alpha 0', { kind: 'atMost', bound: 2 }, 'bounded', null, true),
    claim('c2', 'Three units rebuild the attractor', 'state-space divergence', math('<msub><mi>D</mi><mtext>stsp</mtext></msub>'), 'free running', { kind: 'atMost', bound: 4 }, '0.26', 0.26),
    { ...claim('c3', 'Full forcing learns only the step', 'difference', math('<msub><mi>D</mi><mtext>stsp</mtext></msub>'), 'adaptive', { kind: 'moreThanBaseline' }, 'stated', null), open: true },
  ],
};

const SYSTEMS = ['lorenz', 'rossler', 'thomas', 'aizawa', 'halvorsen', 'chua'];
const member = (slug: string, title: string, subtitle: string, dimension: number | null): Member => ({
  slug, title, subtitle, sentence: `${title}.`, family: '', dimension, exponent: slug === 'lorenz' ? 0.906 : null, regular: null, collection: null,
});

interface Run { step: number; copies: Float64Array[]; trail: number[][]; series: number[][]; peaks: number[]; failed: Status['state'] | null }

/** See `Laboratory`. */
export class RehearsalLaboratory implements Laboratory {
  #declaration = LORENZ;
  #values = new Map<string, Value>();
  #seed = '7';
  #device = 'cpu';
  #run: Run = { step: 0, copies: [], trail: [], series: [], peaks: [], failed: null };
  #context: OffscreenCanvasRenderingContext2D | null = null;
  #size = { width: 1, height: 1, ratio: 1 };
  #dark = false;
  #yaw = 0.62;
  #pitch = 0.1;
  #zoom = 1;
  #lost: string | undefined;
  #cloud: number[][] = [];

  constructor() {
    let v = [1, 1, 20];
    for (let i = 0; i < 9000; i++) {
      v = this.#rk4(v, 0.01, 10, 28, 8 / 3);
      if (i > 400) this.#cloud.push(v);
    }
    this.reset();
  }

  gallery(): Gallery {
    return {
      families: [
        { shelf: 'Systems', name: 'Chaotic flows', members: SYSTEMS.map((slug) => member(slug, slug === 'rossler' ? 'Rössler' : slug[0]?.toUpperCase() + slug.slice(1), 'flow, 3 variables', 3)) },
        { shelf: 'Systems', name: 'Neurons', members: [member('hindmarsh-rose', 'Hindmarsh-Rose', 'flow, 3 variables', 3)] },
        { shelf: 'Systems', name: 'Maps', members: [member('henon', 'Hénon', 'map, 2 variables', 2), member('ikeda', 'Ikeda', 'map, 2 variables', 2)] },
        { shelf: 'Exhibits', name: 'Learning chaos', members: [member(FORCING.slug, 'Generalised teacher forcing', 'Hess and others 2023', null)] },
      ],
    };
  }

  open(fragment: string): Opened {
    const [slug = '', query = ''] = fragment.split('?');
    const known = this.gallery().families.some((family) => family.members.some((m) => m.slug === slug));
    const fault = known ? null : { about: 'link', title: 'This link does not open', message: `There is no “${slug}” here. Names are in the gallery; the nearest is “lorenz”.`, text: fragment, diagnostics: [] };
    const title = this.gallery().families.flatMap((family) => family.members).find((m) => m.slug === slug)?.title ?? 'Lorenz';
    this.#declaration = slug === FORCING.slug ? FORCING : known ? { ...LORENZ, slug, title } : LORENZ;
    this.#values = new Map();
    this.#seed = '7';
    let target: Opened['target'] = null;
    if (known) {
      const search = new URLSearchParams(query);
      for (const [key, value] of search) {
        const control = this.#declaration.controls.find(({ id }) => id === key);
        if (key === 'seed') this.#seed = value;
        else if (control?.kind.kind === 'number' || control?.kind.kind === 'integer') this.#values.set(key, Number(value));
        else if (control?.kind.kind === 'switch') this.#values.set(key, value === 'true');
        else if (control !== undefined) this.#values.set(key, value);
      }
      const step = search.get('step');
      if (step !== null) target = { step: Number(step), fingerprint: search.get('fp') };
    }
    this.reset();
    return this.#opened(fault, target);
  }

  edit(text: string, run: boolean): Edited {
    const lines = text.split('\n');
    const at = lines.findIndex((line) => /\byy\b/.test(line));
    if (at >= 0) {
      const column = (lines[at] ?? '').search(/\byy\b/) + 1;
      return { good: false, opened: null, diagnostics: [{ severity: 'error', line: at + 1, column, length: 2, message: 'There is no yy here.', help: 'The variables are x, y, z.', replacement: 'y' }] };
    }
    if (!run) return { good: true, diagnostics: [], opened: null };
    this.#declaration = { ...LORENZ, equations: { ...(LORENZ.equations as NonNullable<Declaration['equations']>), text, typed: text !== TEXT } };
    this.reset();
    return { good: true, diagnostics: [], opened: this.#opened(null, null) };
  }

  series(name: string, text: string): Opened {
    this.#declaration = FORCING;
    this.reset();
    const bad = text.split('\n').findIndex((line) => line.includes('NaN'));
    const fault = bad < 0 ? null : { about: 'series', title: `${name} was not taken`, message: `Line ${bad + 1} has no number in column 2; every cell needs one.`, text: null, diagnostics: [] };
    return this.#opened(fault, null);
  }

  set(control: string, value: Value): Changed {
    const declared = this.#declaration.controls.find(({ id }) => id === control);
    if (declared === undefined) throw new Error(`no control ${control}`);
    this.#values.set(control, value);
    if (declared.restarts) this.reset();
    return this.#changed(declared.restarts);
  }
  setMany(settings: Setting[]): Changed {
    const answers = settings.map(({ control, value }) => this.set(control, value));
    return this.#changed(answers.some(({ restarted }) => restarted));
  }
  readAlong(text: string): Reading {
    const highlights = text.split('\n').flatMap((line, i) => [...line.matchAll(/[A-Za-z]\w*/g)].map((word) => ({ line: i + 1, column: word.index + 1, length: word[0].length, class: /^[xyz]$/.test(word[0]) ? 'variable' : 'parameter' })));
    return { highlights, words: ['sigma', 'rho', 'beta'].map((name) => ({ name, class: 'parameter', detail: '' })), diagnostics: this.edit(text, false).diagnostics };
  }
  embedTables(text: string): string {
    return text;
  }
  exportFormats(): ExportFormat[] {
    return [{ name: 'ode', label: '.ode', ending: 'ode' }];
  }
  exportAs(): string {
    return this.#declaration.equations?.text ?? '';
  }
  picks(): string[] {
    return [];
  }
  pickIn(): Setting[] {
    return [];
  }
  setSeed(seed: string): Changed {
    this.#seed = seed;
    this.reset();
    return this.#changed(true);
  }
  setDevice(device: string): Changed {
    this.#device = device;
    return this.#changed(false);
  }

  advance(budget: number, until: number | undefined): Status {
    const end = performance.now() + budget * 0.5;
    do {
      if (until !== undefined && this.#run.step >= until) break;
      if (this.#run.failed !== null) break;
      this.#once();
    } while (performance.now() < end);
    return this.status();
  }
  step(): Status {
    this.#once();
    return this.status();
  }
  reset(): Status {
    const n = Math.min(256, this.#number('copies', 256));
    const delta = this.#number('delta', 1e-6);
    let seed = Number(this.#seed) >>> 0;
    const random = (): number => {
      seed = (seed * 1664525 + 1013904223) >>> 0;
      return seed / 4294967296 - 0.5;
    };
    const start = this.#cloud[0] ?? [1, 1, 20];
    this.#run = {
      step: 0, trail: [], series: [], peaks: [], failed: null,
      copies: Array.from({ length: n }, (_, i) => Float64Array.from(start, (x) => x + (i === 0 ? 0 : delta * random()))),
    };
    return this.status();
  }
  status(): Status {
    const training = this.#declaration.slug === FORCING.slug;
    const time = this.#run.step * this.#number('dt', 0.005);
    return {
      step: this.#run.step, unit: training ? 'updates' : 'steps', total: training ? 12000 : null, time: training ? null : time,
      state: this.#run.failed ?? (training && this.#run.step >= 12000 ? { state: 'finished' } : { state: 'ready' }),
      readouts: training
        ? [{ label: 'divergence', symbol: math('<msub><mi>D</mi><mtext>stsp</mtext></msub>'), value: '1.40', live: true }]
        : [{ label: 'time', symbol: mi('t'), value: time.toFixed(2), live: false }, { label: 'exponent', symbol: math('<msub><mi>λ</mi><mn>1</mn></msub>'), value: '0.903', live: false }, { label: 'spread, rms', symbol: null, value: '14.47', live: false }],
      fingerprint: this.#device === 'gpu' ? null : (this.#run.step * 2654435761 % 4294967296).toString(16).padStart(16, '0'),
      fingerprintNote: this.#device === 'gpu' ? 'none in f32' : null, device: this.#device, note: null,
    };
  }

  pictures(views: string[]): Frame[] {
    return views.map((id): Frame => {
      const arrays: Float64Array[] = [];
      const series = (label: string, role: Role, x: number[], y: number[], points = false): Series => {
        arrays.push(Float64Array.from(x), Float64Array.from(y));
        return { label, role, points, x: { array: arrays.length - 2 }, y: { array: arrays.length - 1 } };
      };
      const plot = (all: Series[], more: Partial<Extract<Picture, { kind: 'plot' }>> = {}): Frame => ({
        arrays, picture: { kind: 'plot', view: id, series: all, uprights: [], levels: [], x: null, y: null, alternative: `${id} now`, ...more },
      });
      const dt = this.#number('dt', 0.005);
      const s = this.#run.series;
      const t = s.map((_, i) => i * 6 * dt);
      if (id === 'series') {
        return plot([...[1, 2, 3, 4, 5, 6].map((c) => series('', 'quiet', t, s.map((v) => v[c] ?? NaN))), series('x', 'run', t, s.map((v) => v[0] ?? NaN))], { y: [-20, 20] });
      }
      if (id === 'return') return plot([series('', 'dashed', [28, 48], [28, 48]), series('', 'ink', this.#run.peaks.slice(0, -1), this.#run.peaks.slice(1), true)], { x: [28, 48], y: [28, 48] });
      if (id === 'apart') return plot([series('distance', 'run', t, s.map((v) => Math.abs((v[0] ?? 0) - (v[1] ?? 0)) + 1e-9))], { levels: [{ at: 1e-6, label: 'δ' }] });
      const u = Array.from({ length: Math.max(2, Math.min(300, this.#run.step / 10)) }, (_, i) => i * 10);
      if (id === 'loss') {
        return plot([series('free', 'dotted', u, u.map((k) => 1 + 0.1 * Math.sin(k))), series('full', 'dashed', u, u.map((k) => 1e-4 + 0.4 / (1 + k / 20) ** 2)), series('adaptive', 'run', u, u.map((k) => 6e-4 + 0.4 / (1 + k / 30) ** 2 + 1e-4 * Math.sin(k / 9)))], { x: [0, 12000], uprights: [{ at: u.at(-1) ?? 0, label: '' }] });
      }
      if (id === 'alpha') return plot([series('α = 0.290', 'run', u, u.map((k) => 0.29 + 0.7 * Math.exp(-k / 300))), series('‖J‖', 'ink', u, u.map((k) => 1.4 - 0.5 * Math.exp(-k / 80)))], { x: [0, 12000], y: [0, 1.6] });
      if (id === 'heat') {
        arrays.push(Float64Array.from({ length: 150 }, (_, i) => Math.sin(i / 7) * Math.cos(i / 31)));
        return { arrays, picture: { kind: 'heat', view: id, rows: 3, columns: 50, values: { array: 0 }, x: [0, 50], y: [0, 3], range: [-1, 1], label: 'weight', alternative: 'weights' } };
      }
      const bins = Array.from({ length: 12 }, (_, i) => Math.exp(-((i - 5) ** 2) / 9));
      return { picture: { kind: 'bars', view: id, labels: bins.map((_, i) => String(i)), series: [series('system', 'ink', [], bins), series('network', 'run', [], bins.map((b) => b * 0.9 + 0.05))], alternative: 'histogram' }, arrays };
    });
  }

  share(): Shared {
    const { step, fingerprint } = this.status();
    const link = `${this.#link()}${this.#link().includes('?') ? '&' : '?'}step=${step}${fingerprint === null ? '' : `&fp=${fingerprint}`}`;
    return { link, command: `separatrix run '${link}'`, note: 'The link carries the exhibit, what you changed, the seed and the step reached.' };
  }
  checkpoint(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify({ link: this.#link(), step: this.#run.step }));
  }
  restore(bytes: Uint8Array): Opened {
    const { link, step } = JSON.parse(new TextDecoder().decode(bytes)) as { link: string; step: number };
    this.open(link);
    while (this.#run.step < Math.min(step, 20000)) this.#once();
    return this.#opened(null, null);
  }
  requestDevice(): Promise<DeviceReport> {
    return Promise.resolve({ available: true, name: 'stand-in', software: true, note: 'A software adapter: fewer copies are drawn.' });
  }
  attach(canvas: OffscreenCanvas): void {
    this.#context = canvas.getContext('2d', { alpha: false });
  }
  resize(width: number, height: number, ratio: number): void {
    this.#size = { width, height, ratio };
    const canvas = this.#context?.canvas;
    if (canvas !== undefined) [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  }
  theme(dark: boolean): void {
    this.#dark = dark;
  }
  camera(move: CameraMove): void {
    if (move.kind === 'orbit') [this.#yaw, this.#pitch] = [this.#yaw + move.dx * 0.008, this.#pitch + move.dy * 0.008];
    if (move.kind === 'zoom') this.#zoom *= move.factor;
    if (move.kind === 'reset') [this.#yaw, this.#pitch, this.#zoom] = [0.62, 0.1, 1];
  }
  pick(): Setting[] {
    return [];
  }

  draw(): Drawn {
    const began = performance.now();
    const { width, height, ratio } = this.#size;
    const c = this.#context;
    const at = (v: ArrayLike<number>): [number, number] => {
      const [x = 0, y = 0, z = 0] = [v[0], v[1], (v[2] ?? 0) - 25];
      const [a, b] = [x * Math.cos(this.#yaw) - y * Math.sin(this.#yaw), x * Math.sin(this.#yaw) + y * Math.cos(this.#yaw)];
      const k = (Math.min(width, height * 1.2) / 62) * this.#zoom;
      return [width / 2 + a * k, height / 2 - (z * Math.cos(this.#pitch) - b * Math.sin(this.#pitch)) * k];
    };
    if (c !== null) {
      c.setTransform(ratio, 0, 0, ratio, 0, 0);
      c.fillStyle = this.#dark ? '#07090c' : '#fdfdfb';
      c.fillRect(0, 0, width, height);
      c.strokeStyle = this.#dark ? 'rgba(70,160,140,.35)' : 'rgba(60,50,130,.25)';
      c.lineWidth = 0.8;
      c.beginPath();
      for (const [i, v] of this.#cloud.entries()) {
        if (i > 6000) break;
        if (i === 0) c.moveTo(...at(v));
        else c.lineTo(...at(v));
      }
      c.stroke();
      c.fillStyle = this.#dark ? '#e9f8fa' : '#15181b';
      for (const v of this.#run.copies) c.fillRect(...at(v), 1.8, 1.8);
      c.strokeStyle = c.fillStyle = this.#dark ? '#ff7d4d' : '#bf360c';
      c.lineWidth = 1.75;
      c.beginPath();
      for (const v of this.#run.trail) c.lineTo(...at(v));
      c.stroke();
      const head = this.#run.copies[0];
      if (head !== undefined) {
        c.beginPath();
        c.arc(...at(head), 4, 0, 7);
        c.fill();
      }
    }
    const [px, py] = at([8.485, 8.485, 27]);
    return {
      labels: [{ text: 'C⁺', x: px, y: py, anchor: 'start', kind: 'mark' }, { text: 'x', x: 110, y: height - 40, anchor: 'start', kind: 'axis' }],
      legend: { label: '|<math><mover><mi>x</mi><mo>˙</mo></mover></math>|', min: '0', max: '250' },
      alternative: 'The Lorenz attractor: two lobes around the fixed points C plus and C minus.', milliseconds: performance.now() - began,
    };
  }
  lost(): string | undefined {
    const lost = this.#lost;
    this.#lost = undefined;
    return lost;
  }
  destroyDevice(): void {
    this.#lost = 'the device was destroyed';
  }
  async measure(slug: string, claimId: string, seed: string, progress: (done: number) => void): Promise<Measurement[]> {
    for (let i = 0; i < 12; i++) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      progress(i / 12);
    }
    const figures: Record<string, [number, number | null]> = slug === FORCING.slug
      ? { c1: [0.52 + Number(seed) / 20, 5.9e6], c2: [[1.4, 2.6, 13.9][Number(seed) - 1] ?? 1, 14.1], c3: [-0.59 + Number(seed) / 10, 0] }
      : { c1: [-13.6667, null], c2: [0.9 + Number(seed) / 400, 0] };
    const [value, baseline] = figures[claimId] ?? [null, null];
    const holds = claimId === 'c3' ? false : value !== null && value < 4;
    return [{ exhibit: slug, claim: claimId, figure: claimId, seed, value, baseline, holds, reason: null }];
  }
  verdict(_slug: string, claimId: string, measurements: Measurement[]): Verdict {
    const held = measurements.filter(({ holds }) => holds === true).length;
    return { claim: claimId, word: claimId === 'c3' ? 'open' : held * 2 > measurements.length ? 'holds' : 'fails', held, measured: measurements.length, reason: null };
  }
  questions(): Question[] {
    return [];
  }
  wantsDevice(): boolean {
    return false;
  }
  ask(): Inquiry {
    throw new Error('the rehearsal answers no questions');
  }
  thumbnail(slug: string, size: number, dark: boolean): Uint8ClampedArray {
    const turn = SYSTEMS.indexOf(slug) * 0.8;
    const pixels = new Uint8ClampedArray(size * size * 4);
    for (let i = 0; i < size * size; i++) pixels.set(dark ? [7, 9, 12, 255] : [253, 253, 251, 255], i * 4);
    for (const [x = 0, y = 0, z = 0] of this.#cloud) {
      const px = Math.round(size / 2 + ((x * Math.cos(turn) - y * Math.sin(turn)) * size) / 60);
      const py = Math.round(size / 2 - ((z - 25) * size) / 60);
      if (px >= 0 && py >= 0 && px < size && py < size) pixels.set(dark ? [70, 170, 140, 255] : [60, 50, 130, 255], (py * size + px) * 4);
    }
    return pixels;
  }

  #number(id: string, otherwise: number): number {
    const value = this.#values.get(id) ?? this.#default(id);
    return typeof value === 'number' ? value : otherwise;
  }
  #default(id: string): Value | undefined {
    return this.#declaration.controls.find((control) => control.id === id)?.kind.default;
  }
  #rk4(v: number[], h: number, s: number, r: number, b: number): number[] {
    const f = ([x = 0, y = 0, z = 0]: number[]): number[] => [s * (y - x), x * (r - z) - y, x * y - b * z];
    const add = (a: number[], k: number[], m: number): number[] => a.map((x, i) => x + m * (k[i] ?? 0));
    const k1 = f(v);
    if (this.#values.get('solver') === 'Euler') return add(v, k1, h);
    const k2 = f(add(v, k1, h / 2));
    const k3 = f(add(v, k2, h / 2));
    const k4 = f(add(v, k3, h));
    return v.map((x, i) => x + (h / 6) * ((k1[i] ?? 0) + 2 * (k2[i] ?? 0) + 2 * (k3[i] ?? 0) + (k4[i] ?? 0)));
  }
  #once(): void {
    const run = this.#run;
    const dt = Math.min(this.#number('dt', 0.005), 0.2);
    const before = run.copies[0]?.[2] ?? 0;
    for (const [i, v] of run.copies.entries()) {
      const next = this.#rk4([...v], dt, this.#number('sigma', 10), this.#number('rho', 28), this.#number('beta', 8 / 3));
      if (i === 0 && !next.every((x) => Math.abs(x) < 1e6)) {
        run.failed = { state: 'diverged', time: run.step * dt, variable: 'x', last: [...v], remedies: [{ action: 'Halve the step', sets: [{ control: 'dt', value: dt / 2 }] }, { action: 'Use RK4', sets: [{ control: 'solver', value: 'RK4' }] }] };
        return;
      }
      v.set(next);
    }
    run.step++;
    run.trail.push([...(run.copies[0] ?? [])]);
    if (run.trail.length > 300) run.trail.shift();
    if (run.step % 6 === 0 && run.series.length < 900) run.series.push(run.copies.slice(0, 8).map((v) => v[0] ?? NaN));
    const [p = 0, q = 0] = run.trail.slice(-3, -1).map((v) => v[2] ?? 0);
    if (q > p && q > before && q > (run.copies[0]?.[2] ?? 0)) run.peaks.push(q);
  }
  #link(): string {
    const parts: string[] = [];
    for (const [id, value] of this.#values) if (value !== this.#default(id)) parts.push(`${id}=${String(value)}`);
    if (this.#seed !== '7') parts.push(`seed=${this.#seed}`);
    return this.#declaration.slug + (parts.length > 0 ? `?${parts.join('&')}` : '');
  }
  #settings(): Setting[] {
    return this.#declaration.controls.map(({ id, kind }) => ({ control: id, value: this.#values.get(id) ?? kind.default }));
  }
  #opened(fault: Opened['fault'], target: Opened['target']): Opened {
    return { declaration: this.#declaration, values: this.#settings(), seed: this.#seed, link: this.#link(), status: this.status(), fault, target, hold: null };
  }
  #changed(restarted: boolean): Changed {
    return { values: this.#settings(), link: this.#link(), status: this.status(), restarted, fault: null };
  }
}
