// The page: lays out what an exhibit declares and passes on what a person does. It computes nothing itself.
import { bare, readAddress } from './address';
import { AnalysisPanel } from './analysis';
import { ClaimsPanel } from './claims';
import type { Control, Declaration, DeviceReport, ExportFormat, Fault, Gallery, Opened, Remedy, Setting, Status, Value } from './contract';
import { ControlsPanel, type Manner } from './controls';
import { h, icon, markup, minus } from './dom';
import { EngineLink } from './engine-link';
import { EquationsPanel } from './equations';
import { planned, textOf } from './files';
import { fullState } from './full';
import { GalleryScreen, Rail } from './gallery';
import { Helpers } from './helpers';
import type { Changed } from './laboratory';
import { LessonPanel, stepsBar } from './lesson';
import { PresetsPanel } from './presets';
import { Stage } from './stage';
import { PACE_OF_A_FLOW, Transport } from './transport';
import './style.css';

const STILL = matchMedia('(prefers-reduced-motion: reduce)');
const DARK = matchMedia('(prefers-color-scheme: dark)');
/** What opens when nothing is named. */
const FIRST = 'lorenz';
/** Steps after which a picture counts as finished, where nothing may move. */
const FINISHED = 4000;

const started = readAddress(location);
const base = new URL(import.meta.env.DEV ? 'web/pkg/' : 'pkg/', document.baseURI).href;
const link = new EngineLink(base, started.rehearsal);
link.gpu = started.gpu;
const helpers = new Helpers({ module: 'whole', base, gpu: started.gpu, rehearsal: started.rehearsal });

let declaration: Declaration | null = null;
let gallery: Gallery = { families: [] };
let values: Setting[] = [];
let seed = '';
let current = '';
let status: Status | null = null;
let device: DeviceReport = { available: false, name: '', software: false, note: null };
let playing = false;
let pace: number | null = PACE_OF_A_FLOW;
let target: Opened['target'] = null;
let dragging = '';
/** The slider that a key moved last, and when: what follows within a second is the same entry of the history. */
let keyed = { what: '', at: -Infinity };
const ONE_GESTURE = 1000;
let diverged = false;
let failed = false;
let hiddenWhilePlaying = false;
let galleryOpen = started.gallery;
/** A change that needs the other module, made again once it is there. */
let afterwards: (() => void) | null = null;

// ── the parts ──────────────────────────────────────────────────────────────────────────────────────────────
const rail = new Rail();
const stage = new Stage();
const equations = new EquationsPanel();
const controls = new ControlsPanel();
const presets = new PresetsPanel();
const analysis = new AnalysisPanel();
const claims = new ClaimsPanel();
const lesson = new LessonPanel();
const transport = new Transport();
const galleryScreen = new GalleryScreen();
galleryScreen.hidden = true;
const told = h('div', { class: 'told', role: 'status' });
const cite = h('p', { class: 'cite' });
const section = (name: string, ...children: HTMLElement[]): HTMLElement => h('section', { 'data-tab': name, 'aria-label': name, id: `panel-${name}` }, ...children);
const sections = {
  Equations: section('Equations', equations),
  Controls: section('Controls', h('header', {}, h('h2', {}, 'Controls'), h('span', { class: 'aux' }, '↻ restarts the run')), presets, controls),
  Analyse: section('Analyse', analysis),
  Claims: section('Claims', claims),
  Lesson: section('Lesson', lesson, cite),
};
const tabs = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Panel' });
const lab = h('div', { class: 'lab' }, rail, stage, h('aside', { class: 'panel', 'aria-label': 'Equations, controls, analyses, claims, lesson' }, tabs, ...Object.values(sections)), transport, told, galleryScreen);
document.body.append(lab);

stage.link = link;
analysis.helpers = helpers;
analysis.fragment = () => current;
// A training is asked about at the update that it has reached.
analysis.reached = () => (status === null || status.step === 0 || /[?&]step=/.test(current) ? current : `${current}${current.includes('?') ? '&' : '?'}step=${status.step}`);
claims.helpers = helpers;
rail.thumbnails.helpers = helpers;
galleryScreen.thumbnails = rail.thumbnails;

let tab = 'Controls';
function showTabs(): void {
  const names = (['Controls', 'Equations', 'Analyse', 'Claims', 'Lesson'] as const).filter((name) => !sections[name].hidden);
  if (!names.some((name) => name === tab)) tab = names[0] ?? 'Controls';
  tabs.replaceChildren(...names.map((name) => h('button', {
    role: 'tab', 'aria-selected': String(name === tab), 'aria-controls': `panel-${name}`,
    onclick: () => {
      tab = name;
      showTabs();
    },
  }, name)));
  for (const [name, element] of Object.entries(sections)) element.classList.toggle('chosen', name === tab);
}

// ── words for the person ───────────────────────────────────────────────────────────────────────────────────
let toldTimer = 0;
function tell(text: string, acts: [string, () => void][] = [], seconds = 12): void {
  clearTimeout(toldTimer);
  told.replaceChildren(h('span', {}, text), h('span', { class: 'acts' }, ...acts.map(([name, act]) => h('button', { class: 'act', onclick: () => {
    told.replaceChildren();
    act();
  } }, name)), h('button', { class: 'act', 'aria-label': 'Dismiss', onclick: () => told.replaceChildren() }, 'OK')));
  if (seconds > 0) toldTimer = window.setTimeout(() => told.replaceChildren(), seconds * 1000);
}
function showFault(fault: Fault): void {
  told.replaceChildren();
  const where = fault.diagnostics.map(({ line, column, message, help }) => `Line ${line}, column ${column}: ${message}${help === null ? '' : ` ${help}`}`).join('\n');
  const acts: [string, () => void][] = [['Go on', () => stage.quiet()]];
  if (fault.about === 'link') acts.push(['Gallery', () => go('')]);
  const kept = fault.text === null || fault.text === '' ? '' : `\nKept as it was: ${fault.text.length > 400 ? `${fault.text.slice(0, 400)}…` : fault.text}`;
  if (fault.text !== null && fault.text !== '') {
    const { text } = fault;
    acts.push(['Copy it', () => void navigator.clipboard?.writeText(text)]);
  }
  stage.tell(fault.title, [fault.message, where].filter((part) => part !== '').join('\n') + kept, acts);
}

// ── running ────────────────────────────────────────────────────────────────────────────────────────────────
function setPlaying(now: boolean): void {
  playing = now;
  link.play(now);
  transport.playing(now);
  embedBar();
}
function choosePace(opened: Opened): void {
  // A run with an end, such as a training, goes as fast as it can; a flow goes at a speed that can be watched.
  pace = opened.status.total !== null || opened.declaration.controls.some(({ id }) => id === 'speed') ? null : PACE_OF_A_FLOW;
  link.pace(pace);
  transport.pace(pace);
}

/** Takes over what the engine opened. */
function show(opened: Opened, how: 'push' | 'replace' | 'none'): void {
  const other = declaration?.slug !== opened.declaration.slug;
  declaration = opened.declaration;
  ({ values, seed } = opened);
  current = bare(opened.link);
  target = opened.target;
  diverged = false;
  stage.quiet();
  stage.progress(null);
  stage.waiting(false);
  stage.declare_(declaration);
  sections.Equations.hidden = declaration.equations === null;
  equations.show(declaration.slug, declaration.equations);
  presets.declare_(declaration, values);
  controls.declare_(declaration, values);
  sections.Analyse.hidden = declaration.equations?.editable !== true;
  analysis.show(declaration);
  sections.Claims.hidden = declaration.claims.length === 0;
  claims.show(declaration);
  sections.Lesson.hidden = declaration.lesson.length === 0;
  lesson.show(declaration.slug, declaration.lesson);
  cite.textContent = declaration.citations.join(' ');
  transport.seed(seed);
  transport.device(device, declaration.takesGpu);
  document.title = `${declaration.title} · Separatrix`;
  if (other) {
    choosePace(opened);
    rail.show(gallery, declaration.slug);
  }
  showTabs();
  takeStatus(opened.status, 0);
  void lookForPicks();
  if (how !== 'none') remember(how);
  if (opened.fault !== null) showFault(opened.fault);
}

/** Decides whether what has just been opened starts by itself. */
function begin(opened: Opened): void {
  if (missing(opened.fault) !== null) return;
  if (opened.hold !== null) {
    setPlaying(false);
    stage.tell('Not started yet.', opened.hold, [['Run it', () => {
      stage.quiet();
      run();
    }]]);
    return;
  }
  run();
}
function run(): void {
  if (target !== null) {
    stage.tell(`Running to step ${target.step.toLocaleString('en-GB')}, where the link was made.`);
    playing = true;
    transport.playing(true);
    link.runTo(target.step);
  } else if (STILL.matches) {
    playing = true;
    link.runTo(Math.min(FINISHED, status?.total ?? FINISHED));
    setTimeout(() => {
      if (playing && STILL.matches) setPlaying(false);
    }, 1500);
  } else setPlaying(true);
}

function takeStatus(now: Status, rate: number): void {
  status = now;
  stage.status(now);
  transport.status(now, rate);
  presentNumber();
  const { state } = now;
  if (state.state === 'diverged' && !diverged) {
    diverged = true;
    setPlaying(false);
    const last = state.last.slice(0, 6).map((x) => minus(String(Number(x.toPrecision(4))))).join(', ');
    stage.tell(`Diverged at t = ${Number(state.time.toPrecision(5))}: ${state.variable} left the numbers.`,
      last === '' ? 'The run stopped there.' : `The last finite state is kept: ${last}${state.last.length > 6 ? ', …' : ''}.`,
      [...state.remedies.map(({ action, sets }: Remedy): [string, () => void] => [action, () => void setMany(sets, true)]), ['Rewind', () => void reset()]]);
  } else if (state.state !== 'diverged' && diverged) {
    diverged = false;
    stage.quiet();
  }
  if (state.state === 'failed' && !failed) {
    setPlaying(false);
    stage.tell('The engine could not go on.', state.reason,
      [...state.remedies.map(({ action, sets }: Remedy): [string, () => void] => [action, () => void setMany(sets, true)]), ['Rewind', () => void reset()]]);
  } else if (state.state !== 'failed' && failed) stage.quiet();
  failed = state.state === 'failed';
  if (state.state === 'finished' && playing) setPlaying(false);
  if (now.note !== null && now.note !== lastNote) tell(now.note);
  lastNote = now.note;
}
let lastNote: string | null = null;

link.on('canvas', (canvas) => stage.take(canvas));
link.on('progress', ({ module, loaded, total }) => {
  const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);
  stage.progress(total > 0 ? Math.min(1, loaded / total) : 0.5);
  if (module === 'full') {
    stage.tell(`Fetching the full engine, ${mb(loaded)}${total > 0 ? ` of ${mb(total)}` : ''} MB.`, 'Kept for next time. The picture is the last frame of the same run.', [['Go on without it', withoutFull]]);
  } else if (module === 'whole') {
    stage.tell(`Fetching the exhibits, ${mb(loaded)}${total > 0 ? ` of ${mb(total)}` : ''} MB.`, 'Kept for next time.');
  } else if (declaration === null) stage.tell(`Fetching the engine, ${mb(loaded)}${total > 0 ? ` of ${mb(total)}` : ''} MB.`);
});
link.on('missing', ({ module, message }) => {
  stage.progress(null);
  if (module !== 'full') {
    stage.tell('The engine did not load.', message, [['Try again', () => link.start(current || FIRST)]]);
    return;
  }
  stage.waiting(true);
  stage.tell('The full engine is not there yet.', 'The page looks again every few seconds.', [['Go on without it', withoutFull]]);
  lookAgain = window.setTimeout(() => void lookForFull(), 0);
});
/** Asks how the full module stands, and goes over to it as soon as it is there. */
async function lookForFull(): Promise<void> {
  const { state, message } = await fullState(base);
  if (state === 'failed' || state === 'absent') {
    stage.tell('There is no full engine.', message, [['Go on without it', withoutFull]]);
    return;
  }
  if (state === 'building') stage.tell('The full engine is being built.', 'That takes minutes the first time; the page goes over to it as soon as it is there.', [['Go on without it', withoutFull]]);
  if (state === 'ready') link.change('full', wanted ?? current, wanted === null);
  else lookAgain = window.setTimeout(() => void lookForFull(), 3000);
}
/** Tells once when the full module, built behind the page, is there. */
async function watchFull(): Promise<void> {
  let told = false;
  for (;;) {
    const { state, message } = await fullState(base);
    if (state === 'building' && !told) tell(message);
    if (state === 'ready' && told) tell('The full engine is ready.');
    if (state !== 'building') return;
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 5000));
  }
}
void watchFull();
let lookAgain = 0;
let wanted: string | null = null;
function withoutFull(): void {
  clearTimeout(lookAgain);
  afterwards = null;
  const fall = wanted === null;
  wanted = null;
  stage.quiet();
  link.change('whole', fall ? current : FIRST, fall);
}
/** The module that a fault asks for, where it is not there already. */
function missing(fault: Fault | null): 'whole' | 'full' | null {
  if (fault?.about === 'full' && link.module !== 'full') return 'full';
  return fault?.about === 'whole' && link.module === 'light' ? 'whole' : null;
}
/** Goes over to a larger module, then makes the change that asked for it. */
function need(module: 'whole' | 'full', fragment: string | null, then: (() => void) | null): void {
  wanted = fragment;
  afterwards = then;
  stage.waiting(true);
  if (module === 'full') stage.tell('Fetching the full engine.', 'This needs networks by automatic differentiation, which live in a module of their own.', [['Go on without it', withoutFull]]);
  else stage.tell('Fetching the exhibits.', 'Systems run without them.');
  link.change(module, fragment ?? current, fragment === null);
}

link.on('ready', ({ gallery: all, device: report, opened, restored }) => {
  gallery = all;
  device = report;
  claims.gpu = report.available;
  wanted = null;
  const lacks = missing(opened.fault);
  if (lacks !== null) {
    need(lacks, current || started.fragment || FIRST, null);
    return;
  }
  void link.call('exportFormats').then((formats) => {
    equations.exports = formats.map((format) => ({ name: format.label, sentence: '', act: () => void exportAs(format) }));
  }).catch(() => undefined);
  const wasPlaying = playing;
  const first = declaration === null;
  show(opened, first ? 'replace' : 'none');
  rail.show(gallery, opened.declaration.slug);
  if (galleryOpen) openGallery(true);
  if (restored) {
    setPlaying(wasPlaying);
    if (recovered !== null) tell(recovered.text, recovered.acts, 0);
    recovered = null;
  } else begin(opened);
  afterwards?.();
  afterwards = null;
});
let recovered: { text: string; acts: [string, () => void][] } | null = null;

link.on('tick', ({ status: now, drawn, frames, stepsPerSecond }) => {
  takeStatus(now, stepsPerSecond);
  if (drawn !== null) {
    stage.drawn(drawn);
    rail.thumbnails.begin();
  }
  if (frames.length > 0) stage.frames(frames);
});
link.on('reached', (now) => {
  playing = false;
  transport.playing(false);
  takeStatus(now, 0);
  if (target === null) return;
  const { step, fingerprint } = target;
  target = null;
  if (now.state.state === 'diverged') return;
  const where = `Step ${now.step.toLocaleString('en-GB')}`;
  const acts: [string, () => void][] = [['Go on from here', () => {
    stage.quiet();
    setPlaying(true);
  }]];
  if (now.step < step) stage.tell(`${where}: the run ended before the link's step.`, '', acts);
  else if (fingerprint === null) stage.tell(`${where}, where the link was made.`, 'The link carries no fingerprint that can be compared.', acts);
  else if (now.fingerprint === null) stage.tell(`${where}: no fingerprint here.`, now.fingerprintNote ?? '', acts);
  else if (now.fingerprint === fingerprint) stage.tell(`${where}: same fingerprint.`, `${fingerprint}: bit for bit the run that the link was made from.`, acts);
  else stage.tell(`${where}: the fingerprint differs.`, `The link says ${fingerprint}, this run ${now.fingerprint}.`, acts);
});
link.on('dropped', ({ why, message, step, again, gpu }) => {
  const at = step.toLocaleString('en-GB');
  if (why === 'lost') {
    recovered = gpu
      ? { text: `The graphics device went away. Going on from step ${at} on a new one.`, acts: [] }
      : { text: `The graphics device went away twice. Going on with the CPU from step ${at}: the same state, fewer points.`, acts: [['Try the device again', () => link.again(true)]] };
  } else if (again) {
    recovered = { text: `The engine stopped and was started again from its last checkpoint, near step ${at}. It said: ${message}`, acts: [] };
  } else {
    playing = false;
    transport.playing(false);
    stage.tell('The engine stopped twice within a minute.', message, [['Start again', () => {
      playing = true;
      link.again(link.gpu);
    }], ['Open Lorenz', () => {
      declaration = null;
      link.start(FIRST);
    }]]);
    return;
  }
  stage.waiting(true);
});

// ── what a person does ─────────────────────────────────────────────────────────────────────────────────────
/** A question to a worker that is replaced meanwhile needs no answer. */
function quietly<T>(promise: Promise<T>): Promise<T | null> {
  return promise.catch(() => null);
}
async function openFragment(fragment: string, how: 'push' | 'replace' | 'none'): Promise<void> {
  if (!link.ready) {
    link.start(fragment);
    return;
  }
  const opened = await quietly(link.call('open', fragment));
  if (opened === null) return;
  const lacks = missing(opened.fault);
  if (lacks !== null) {
    declaration = null;
    need(lacks, fragment, null);
    return;
  }
  show(opened, how);
  begin(opened);
}
/** Which plots answer a click hangs on the values. */
async function lookForPicks(): Promise<void> {
  if (declaration?.views.some(({ pickable, kind }) => pickable && kind !== 'scene') !== true) return;
  stage.picks((await quietly(link.call('picks'))) ?? []);
}
function takeValues(answer: Changed): void {
  ({ values } = answer);
  controls.show(values);
  presets.show(values);
  current = bare(answer.link);
  takeStatus(answer.status, 0);
  void lookForPicks();
}
function changed(answer: Changed, manner: Manner, what: string): void {
  takeValues(answer);
  const now = performance.now();
  const again = dragging === what || (manner === 'key' && keyed.what === what && now - keyed.at < ONE_GESTURE);
  // A gesture is one entry of the history, however many values it passes.
  remember(again ? 'replace' : 'push');
  dragging = manner === 'drag' ? what : '';
  keyed = { what: manner === 'key' ? what : '', at: now };
  if (answer.fault !== null) showFault(answer.fault);
}
// While a slider moves only the last value counts; what came between is not asked for.
let busy = false;
let next: [string, Value, Manner] | null = null;
async function set(control: string, value: Value, manner: Manner): Promise<void> {
  if (busy) {
    next = [control, value, manner];
    return;
  }
  busy = true;
  const answer = await quietly(link.call('set', control, value));
  busy = false;
  if (answer !== null) {
    const lacks = missing(answer.fault);
    if (lacks !== null) need(lacks, null, () => void set(control, value, 'done'));
    else changed(answer, manner, control);
  }
  const waiting = next;
  next = null;
  if (waiting !== null) await set(...waiting);
}
async function setMany(sets: Setting[], restart = false): Promise<void> {
  if (sets.length > 0) {
    const answer = await quietly(link.call('setMany', sets));
    if (answer === null) return;
    const lacks = missing(answer.fault);
    if (lacks !== null) {
      need(lacks, null, () => void setMany(sets, restart));
      return;
    }
    changed(answer, 'done', 'many');
  }
  if (restart && status?.state.state === 'diverged') await reset();
  if (!STILL.matches) setPlaying(true);
}
/** A click in a picture: sets what follows from it, and says what that was. */
async function picked(asked: Promise<Setting[]>): Promise<void> {
  const sets = await quietly(asked);
  if (sets === null || sets.length === 0) return;
  const answer = await quietly(link.call('setMany', sets));
  if (answer === null) return;
  changed(answer, 'done', 'pick');
  const said = sets.map(({ control, value }) => `${declaration?.controls.find(({ id }) => id === control)?.label ?? control}: ${typeof value === 'number' ? minus(String(Number(value.toPrecision(4)))) : String(value)}`);
  if (answer.fault === null) tell(`${said.join(', ')}.`, [['Rewind', () => void reset()]], 6);
}
async function reset(): Promise<void> {
  const now = await quietly(link.call('reset'));
  if (now !== null) takeStatus(now, 0);
}
async function step(): Promise<void> {
  setPlaying(false);
  const now = await quietly(link.call('step'));
  if (now !== null) takeStatus(now, 0);
}
function togglePlay(): void {
  if (target !== null) target = null;
  if (!playing && (diverged || failed || status?.state.state === 'finished')) void reset().then(() => setPlaying(true));
  else setPlaying(!playing);
}

controls.onchange_ = (control, value, manner) => void set(control, value, manner);
equations.onopen = (open) => lab.classList.toggle('editing', open);
equations.onedit = (text) => void quietly(link.call('edit', text, true)).then((answer) => {
  if (answer === null) return;
  equations.judged(text, answer.good, answer.diagnostics);
  if (answer.opened === null) return;
  const wasPlaying = playing;
  show(answer.opened, 'push');
  if (answer.opened.hold !== null) begin(answer.opened);
  else setPlaying(wasPlaying || !STILL.matches);
});
equations.onread = (text) => (link.ready ? quietly(link.call('readAlong', text)) : Promise.resolve(null));
equations.onfiles = () => rail.choose();
presets.onchoose = (sets) => void setMany(sets);
lesson.onact = (sets) => void setMany(sets);
stage.onpick = (x, y) => void picked(link.call('pick', x, y));
stage.onpickin = (view, x, y) => void picked(link.call('pickIn', view, x, y));
stage.onmenu = () => toggleRail();
stage.onshare = () => void share();
rail.onhelp = () => help();
rail.onfiles = (files) => void takeFiles(files);
transport.onswitch = togglePlay;
transport.onstep = () => void step();
transport.onrewind = () => void reset();
transport.onpace = (to) => {
  pace = to;
  link.pace(to);
};
transport.onseed = (to) => void quietly(link.call('setSeed', to)).then((answer) => {
  if (answer === null) return;
  if (answer.fault === null) seed = to;
  transport.seed(seed);
  changed(answer, 'done', 'seed');
});
transport.ondevice = (to) => void quietly(link.call('setDevice', to)).then((answer) => {
  if (answer !== null) changed(answer, 'done', 'device');
});
transport.onshare = () => void share();

// ── the history: Back and undo are one thing ───────────────────────────────────────────────────────────────
interface Entry { n: number; slug: string; seed: string; text: string; values: Setting[] }
let entry = 0;
function remember(how: 'push' | 'replace'): void {
  // An embedded page leaves the history of its host alone.
  if (declaration === null || started.embed) return;
  // A link that names a step keeps its address, so that a reload runs to that step again.
  const address = galleryOpen ? '#/' : target !== null && how === 'replace' ? location.hash : `#/${current}`;
  if (how === 'push' && location.hash === address) how = 'replace';
  if (how === 'push') entry++;
  const state: Entry = { n: entry, slug: declaration.slug, seed, text: declaration.equations?.text ?? '', values };
  try {
    history[how === 'push' ? 'pushState' : 'replaceState'](state, '', address);
  } catch {
    // Browsers limit how often the address may change; the next change brings it up to date.
  }
}
function go(fragment: string): void {
  location.hash = `#/${fragment}`;
}
window.addEventListener('popstate', (event) => {
  const address = readAddress(location);
  toggleRail(false);
  openGallery(address.gallery);
  if (address.gallery || address.fragment === null) return;
  const to = event.state as Entry | null;
  dragging = '';
  keyed.what = '';
  if (to === null) {
    entry++;
    if (address.fragment !== current) void openFragment(address.fragment, 'replace');
    else remember('replace');
    return;
  }
  entry = to.n;
  // Between two entries of one run only what differs is set, so that Back does not start the run again.
  if (declaration !== null && to.slug === declaration.slug && to.seed === seed && to.text === (declaration.equations?.text ?? '')) {
    const differing = to.values.filter(({ control, value }) => values.find((one) => one.control === control)?.value !== value);
    if (differing.length === 0) return;
    void quietly(link.call('setMany', differing)).then((answer) => {
      if (answer === null) return;
      takeValues(answer);
      if (answer.fault !== null) showFault(answer.fault);
    });
  } else void openFragment(address.fragment, 'none');
});

function openGallery(open: boolean): void {
  galleryOpen = open;
  galleryScreen.hidden = !open;
  stage.covered = open;
  lab.classList.toggle('galleryopen', open);
  if (open) {
    galleryScreen.show(gallery, declaration?.slug ?? FIRST);
    document.title = 'Gallery · Separatrix';
  } else if (declaration !== null) document.title = `${declaration.title} · Separatrix`;
}
function toggleRail(open?: boolean): void {
  const now = lab.classList.toggle('railopen', open ?? !lab.classList.contains('railopen'));
  if (now) rail.focusSearch();
}
stage.addEventListener('pointerdown', (event) => {
  if (lab.classList.contains('railopen') && !(event.target instanceof Element && event.target.closest('.tools') !== null)) toggleRail(false);
});

// ── share ──────────────────────────────────────────────────────────────────────────────────────────────────
let pop: HTMLElement | null = null;
async function share(): Promise<void> {
  if (pop !== null) {
    pop.remove();
    pop = null;
    return;
  }
  const shared = await quietly(link.call('share'));
  if (shared === null) return;
  const address = new URL(location.href);
  address.search = '';
  address.hash = `/${bare(shared.link)}`;
  const said = h('p', { role: 'status' }, shared.note);
  const field = (label: string, value: string): HTMLInputElement => h('input', { 'aria-label': label, readonly: true, value, onfocus: (event: FocusEvent) => (event.target as HTMLInputElement).select() });
  const linkField = field('Link', address.href);
  const commandField = field('Command', shared.command);
  const copy = async (from: HTMLInputElement, what: string): Promise<void> => {
    try {
      await navigator.clipboard.writeText(from.value);
      said.textContent = `${what} copied. ${shared.note}`;
    } catch {
      from.focus();
      from.select();
      said.textContent = 'This browser does not let the page copy; the text is selected.';
    }
  };
  const close = (): void => {
    pop?.remove();
    pop = null;
  };
  pop = h('div', { class: 'pop', role: 'dialog', 'aria-label': 'Share this run', onkeydown: (event: KeyboardEvent) => {
    if (event.key === 'Escape') close();
  } }, linkField, commandField,
  h('div', { class: 'acts' }, h('button', { class: 'act', onclick: () => void copy(linkField, 'Link') }, 'Copy link'), h('button', { class: 'act', onclick: () => void copy(commandField, 'Command') }, 'Copy as command'), h('button', { class: 'act', onclick: close }, 'Close')), said);
  lab.append(pop);
  pop.querySelector('button')?.focus();
}

// ── files ──────────────────────────────────────────────────────────────────────────────────────────────────
/** Runs equations with the files beside them, or learns from a series; what cannot be taken changes nothing. */
async function takeFiles(files: File[]): Promise<void> {
  const plan = planned(files);
  if (plan.kind === 'refused') {
    tell(plan.why);
    return;
  }
  const { file } = plan;
  const text = await textOf(file).catch(() => null);
  if (text === null) {
    tell(`${file.name} is not text: it cannot be read.`);
    return;
  }
  if (plan.kind === 'equations') {
    await takeEquations(file.name, text, plan.beside);
    return;
  }
  if (declaration?.takesSeries !== true) {
    tell(`${file.name}: a series of your own goes to an exhibit that learns from data. This one takes equations (.ode).`, [['Gallery', () => go('')]]);
    return;
  }
  const opened = await quietly(link.call('series', file.name, text));
  if (opened === null) return;
  show(opened, 'push');
  if (opened.fault === null) {
    tell(`${file.name} was read in this tab and goes nowhere else.`);
    begin(opened);
  }
}
async function takeEquations(name: string, text: string, beside: File[]): Promise<void> {
  let whole = text;
  if (beside.length > 0) {
    const texts = await Promise.all(beside.map((one) => textOf(one).catch(() => null)));
    const bad = beside.find((_, i) => texts[i] === null);
    if (bad !== undefined) {
      tell(`${bad.name} is not text: it cannot be read. ${name} was not opened.`);
      return;
    }
    const embedded = await quietly(link.call('embedTables', text, beside.map((one) => one.name), texts.map((one) => one ?? '')));
    if (embedded === null) return;
    if (embedded.text === null) {
      tell(`${sentence(embedded.fault)} ${name} was not opened.`);
      return;
    }
    whole = embedded.text;
  }
  toggleRail(false);
  if (galleryOpen) go(current);
  if (declaration?.equations?.editable !== true) await openFragment(FIRST, 'push');
  tab = 'Equations';
  showTabs();
  equations.take(whole);
}
/** Words of the engine as a sentence; names in them stand between backticks. */
function sentence(words: string): string {
  const plain = words.replace(/`([^`]*)`/g, '“$1”');
  return `${plain.charAt(0).toUpperCase()}${plain.slice(1)}${/[.!?]$/.test(plain) ? '' : '.'}`;
}
/** Writes the present equations to a file of the person's. */
async function exportAs({ name, ending }: ExportFormat): Promise<void> {
  const written = await quietly(link.call('exportAs', name));
  if (written === null) return;
  if (written.text === null) {
    tell(sentence(written.fault));
    return;
  }
  const address = URL.createObjectURL(new Blob([written.text], { type: 'text/plain' }));
  h('a', { href: address, download: `${declaration?.slug ?? 'equations'}.${ending}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
let drop: HTMLElement | null = null;
const holdsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
window.addEventListener('dragover', (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  if (drop === null) {
    drop = h('div', { class: 'drop' }, h('b', {}, 'Drop equations (.ode) or a series (.csv)'), h('span', {}, 'Tables (.tab) that the equations read come along. What you open is read here and never leaves this tab.'), h('span', { class: 'dim' }, 'Safari is untested.'));
    stage.append(drop);
  }
});
const undrop = (): void => {
  drop?.remove();
  drop = null;
};
window.addEventListener('dragleave', (event) => {
  if (event.relatedTarget === null) undrop();
});
window.addEventListener('drop', (event) => {
  undrop();
  const files = [...(event.dataTransfer?.files ?? [])];
  if (files.length === 0) return;
  event.preventDefault();
  void takeFiles(files);
});

// ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────
function help(): void {
  const keys: [string, string][] = [['Space', 'play and pause'], ['.', 'one step'], ['R', 'back to the start'], ['0', 'restore the view'], ['← → ↑ ↓', 'turn, when the stage has focus; with Shift, move'], ['+ −', 'nearer, farther'], ['/', 'search'], ['Ctrl Space', 'complete a name, in the editor'], ['← → and Enter', 'place a stimulus, on a plot that takes one'], ['Ctrl Z, Ctrl Shift Z', 'undo, redo'], ['Delete', 'a slider back to its default'], ['P', 'presenter'], ['?', 'this list']];
  const dialog = h('dialog', { 'aria-label': 'Keys and privacy' },
    h('h2', {}, 'Keys'), h('dl', {}, ...keys.flatMap(([key, what]) => [h('dt', {}, key), h('dd', {}, what)])),
    h('h2', {}, 'By touch'), h('p', {}, 'One finger turns, two near and move. Double-tap a slider for its default.'),
    h('h2', {}, 'Your data'), h('p', {}, 'Everything is computed in this tab. Equations, series and results never leave it; there is no server behind the page. A link carries exactly what it shows.'),
    h('h2', {}, 'Browsers'), h('p', {}, 'Works with WebGPU or without. Safari is untested.'),
    h('p', {}, device.available ? `Graphics device: ${device.name}${device.software ? ', in software' : ''}.` : `No graphics device: ${device.note ?? 'none found'}`),
    h('form', { method: 'dialog' }, h('button', { class: 'act' }, 'Close')));
  dialog.addEventListener('close', () => dialog.remove());
  lab.append(dialog);
  dialog.showModal();
}
window.addEventListener('keydown', (event) => {
  const at = event.target;
  const typing = at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement || (at instanceof HTMLInputElement && at.type !== 'range');
  if (event.key === 'Escape') {
    if (lab.classList.contains('present')) present(false);
    else if (lab.classList.contains('railopen')) toggleRail(false);
    else if (galleryOpen) go(current);
    return;
  }
  if (typing || event.defaultPrevented || document.querySelector('dialog[open]') !== null) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z') {
    event.preventDefault();
    if (event.shiftKey) history.forward();
    else if (entry > 0) history.back();
    return;
  }
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'y') {
    event.preventDefault();
    history.forward();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const presenting = lab.classList.contains('present');
  const acts: Record<string, () => void> = {
    ' ': togglePlay, '.': () => void step(), r: () => void reset(), '0': () => stage.home(), '?': help, p: () => present(!presenting),
    '/': () => {
      if (matchMedia('(max-width: 1179px)').matches) toggleRail(true);
      else rail.focusSearch();
    },
  };
  if (presenting) {
    acts['ArrowRight'] = () => presentStep(1);
    acts['ArrowLeft'] = () => presentStep(-1);
    acts['b'] = () => lab.classList.toggle('blank');
  }
  // A button in focus answers Space by itself.
  if (event.key === ' ' && at instanceof HTMLButtonElement) return;
  const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
});

// ── embed and presenter ────────────────────────────────────────────────────────────────────────────────────
let bar: HTMLElement | null = null;
function embedBar(): void {
  if (!started.embed || declaration === null) return;
  lab.classList.add('embed');
  const shown = declaration.controls.filter(({ kind, shownWhen }) => (kind.kind === 'number' || kind.kind === 'integer') && shownWhen === null).slice(0, 4);
  const parameters = h('span', { class: 'parameters' });
  for (const { id, symbol, label } of shown) {
    const value = values.find(({ control }) => control === id)?.value;
    if (typeof value !== 'number') continue;
    parameters.append(symbol === null ? label : markup(symbol), ` = ${minus(String(Number(value.toPrecision(4))))}\u2003`);
  }
  const back = new URL(location.href);
  back.search = '';
  back.hash = `/${current}`;
  const made = h('div', { class: 'embedbar' }, h('b', {}, declaration.title), parameters,
    h('button', { class: 'ic', 'aria-label': playing ? 'Pause' : 'Play', onclick: togglePlay }, icon(playing ? 'pause' : 'play')),
    h('a', { href: back.href, target: '_blank', rel: 'noopener' }, 'Open in Separatrix', icon('out')));
  if (bar === null) stage.append(made);
  else bar.replaceWith(made);
  bar = made;
}

let talk: HTMLElement[] = [];
let number: HTMLElement | null = null;
function present(on: boolean): void {
  lab.classList.toggle('present', on);
  lab.classList.remove('blank');
  for (const part of talk.splice(0)) part.remove();
  number = null;
  if (!on || declaration === null) return;
  const at = lesson.steps[lesson.at];
  const plain = h('div', {}, at === undefined ? declaration.sentence : markup(at.text));
  // One sentence large, the rest in the teacher's voice.
  const [, first = declaration.sentence, rest = ''] = /^([^.!?]*(?:\.\d[^.!?]*)*[.!?])\s*([\s\S]*)$/.exec(plain.innerHTML) ?? [];
  const wantedControl = at?.sets[0]?.control;
  const control: Control | undefined = declaration.controls.find(({ id }) => id === wantedControl) ?? declaration.controls.find(({ kind }) => kind.kind === 'number');
  const n = lesson.steps.length;
  number = h('div', { class: 'presentnumber' }, h('b'), h('span'));
  talk = [number, h('div', { class: 'talk' }, h('h1', {}, markup(first)), h('p', {}, markup(rest))),
    h('div', { class: 'presentbar' }, n > 0 ? h('span', {}, `${lesson.at + 1} of ${n}`) : null, n > 0 ? stepsBar(n, lesson.at) : null,
      control === undefined ? null : controls.makeRow(control), h('span', { class: 'space', style: 'flex:1' }), h('span', { class: 'keys' }, '← → steps'), h('span', { class: 'keys' }, 'space plays'), h('span', { class: 'keys' }, 'B blanks'),
      h('button', { class: 'act', onclick: () => present(false) }, 'Leave'))];
  stage.append(...talk);
  presentNumber();
}
function presentStep(by: number): void {
  lesson.go(lesson.at + by);
  const at = lesson.steps[lesson.at];
  present(true);
  if (at !== undefined && by > 0) void setMany(at.sets);
}
function presentNumber(): void {
  const first = status?.readouts[0];
  if (number === null || first === undefined) return;
  const [large, small] = number.children;
  if (large !== undefined && large.textContent !== first.value) large.textContent = first.value;
  if (small !== undefined && small.textContent === '') {
    small.append(first.label);
    if (first.symbol !== null) small.append(', ', markup(first.symbol));
  }
}

// ── the system's wishes ────────────────────────────────────────────────────────────────────────────────────
function theme(): void {
  stage.dark = DARK.matches;
  link.theme(DARK.matches);
  rail.thumbnails.theme(DARK.matches);
  if (declaration !== null) {
    rail.show(gallery, declaration.slug);
    if (galleryOpen) openGallery(true);
  }
  analysis.repaint();
  stage.repaint();
}
DARK.addEventListener('change', theme);
STILL.addEventListener('change', () => {
  if (STILL.matches) setPlaying(false);
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    hiddenWhilePlaying = playing && target === null;
    if (hiddenWhilePlaying) link.play(false);
  } else if (hiddenWhilePlaying) {
    hiddenWhilePlaying = false;
    link.play(playing);
  }
});

/** What the walk-throughs look at and shake. */
Object.assign(window, {
  separatrix: {
    status: () => status,
    device: () => device,
    link: () => current,
    playing: () => playing,
    module: () => link.module,
    destroyDevice: () => link.destroyDevice(),
  },
});

if (started.embed) lab.classList.add('embed');
showTabs();
theme();
current = started.fragment ?? FIRST;
link.start(current);
