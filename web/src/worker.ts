// The stage worker: owns the wasm laboratory, the GPU device, the canvas and the running exhibit.
// It works in turns of a few milliseconds, draws, and listens between turns; it never waits for anything
// without a bound, and it is dropped whole when it panics or loses its device.
import type { DeviceReport, Drawn, Opened, Status, Value } from './contract';
import { askForDevice, makeLaboratory, messageOf, MissingModule } from './engine';
import type { CameraMove, Changed, Frame, Laboratory } from './laboratory';
import type { Calls, CallName, FromStage, Start, ToStage, Written } from './messages';

/** Milliseconds of work a turn; a frame at 60 Hz leaves the rest to drawing and to messages. */
const BUDGET = 11;
/** Where drawing takes long, as without a graphics card, a turn works as long as it draws, up to this. */
const BUDGET_MOST = 40;
/** Milliseconds between two messages with status and pictures. */
const TELL_EVERY = 66;
/** Milliseconds between two checkpoints. */
const KEEP_EVERY = 2000;

const scope = self as unknown as {
  postMessage(message: FromStage, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToStage>) => void) | null;
  requestAnimationFrame?: (callback: () => void) => number;
};
const tell = (message: FromStage, transfer: Transferable[] = []): void => scope.postMessage(message, transfer);

let laboratory: Laboratory | null = null;
let dead = false;
let playing = false;
let attached = false;
let scheduled = false;
/** Something changed that a picture should show though the run stands. */
let dirty = true;
let pace: number | null = null;
let target: number | null = null;
let views: string[] = [];
let status: Status | null = null;
let drawn: Drawn | null = null;
/** Milliseconds that the last picture took. */
let drawing = 0;
let toldAt = 0;
let keptAt = 0;
let keptStep = -1;
let picturesStale = true;
// Pacing and speed are measured from here; both move when the run jumps.
let paceFrom = { at: 0, step: 0 };
let speedFrom = { at: 0, step: 0, value: 0 };

/** A panic leaves the wasm instance poisoned: say so once and do nothing more. */
function die(error: unknown): void {
  if (dead) return;
  dead = true;
  const name = error instanceof Error && error.name === 'RuntimeError' ? panicText ?? error.message : messageOf(error);
  tell({ kind: 'panic', message: name });
}

// The panic hook writes its message to the console just before the instance traps.
let panicText: string | null = null;
const consoleError = console.error.bind(console);
console.error = (...words: unknown[]): void => {
  const text = words.map(String).join(' ');
  if (text.includes('panicked at')) panicText = text.split('\n\nStack')[0] ?? text;
  consoleError(...words);
};

function restartClocks(): void {
  const step = status?.step ?? 0;
  const at = performance.now();
  paceFrom = { at, step };
  speedFrom = { at, step, value: 0 };
}

function running(): boolean {
  return playing && status !== null && status.state.state === 'ready';
}

function schedule(): void {
  if (scheduled || dead || laboratory === null) return;
  if (!running() && !dirty) return;
  scheduled = true;
  // A target is reached as fast as it goes; a picture needs no more than the screen shows.
  if (target !== null || scope.requestAnimationFrame === undefined) setTimeout(turn, 0);
  else scope.requestAnimationFrame(turn);
}

function turn(): void {
  scheduled = false;
  if (laboratory === null || dead) return;
  try {
    work(laboratory);
  } catch (error) {
    die(error);
    return;
  }
  schedule();
}

function work(lab: Laboratory): void {
  const now = performance.now();
  if (running()) {
    let until: number | undefined;
    if (target !== null) until = target;
    else if (pace !== null) {
      // After a stall the run goes on from where it is instead of catching up in a burst.
      const due = paceFrom.step + Math.floor(((now - paceFrom.at) * pace) / 1000);
      const before = status?.step ?? 0;
      if (due - before > pace / 4) paceFrom = { at: now, step: before };
      until = Math.max(before, Math.min(due, before + Math.ceil(pace / 4)));
    }
    const before = status?.step ?? 0;
    if (until === undefined || until > before) {
      // A run at a set pace has its share anyway.
      const budget = pace === null ? Math.max(BUDGET, Math.min(BUDGET_MOST, drawing)) : BUDGET;
      status = lab.advance(budget, until);
      if (status.step !== before) picturesStale = true;
      dirty = true;
    }
    if (now - speedFrom.at > 500) {
      const step = status?.step ?? 0;
      speedFrom = { at: now, step, value: ((step - speedFrom.step) * 1000) / (now - speedFrom.at) };
    }
  }
  if (gone(lab)) return;
  const arrived = target !== null && status !== null && (status.step >= target || status.state.state !== 'ready');
  // While it hurries to a step the screen is told now and then only.
  const due = performance.now() - toldAt >= TELL_EVERY;
  if (dirty && (target === null || due || arrived)) {
    const began = performance.now();
    if (attached) drawn = lab.draw();
    drawing = performance.now() - began;
    dirty = false;
  }
  if (arrived) {
    target = null;
    playing = false;
    if (status !== null) tell({ kind: 'reached', status });
  }
  if (due || arrived || !running()) report(lab);
  if (!running() || performance.now() - keptAt >= KEEP_EVERY) keep(lab);
}

function report(lab: Laboratory): void {
  status ??= lab.status();
  let frames: Frame[] = [];
  if (picturesStale && views.length > 0) {
    frames = lab.pictures(views);
    picturesStale = false;
  }
  toldAt = performance.now();
  const transfer = new Set<Transferable>();
  for (const frame of frames) for (const array of frame.arrays) transfer.add(array.buffer as ArrayBuffer);
  tell({ kind: 'tick', status, drawn, frames, stepsPerSecond: running() ? speedFrom.value : 0 }, [...transfer]);
}

/** Whether the device is lost; then a last checkpoint goes out, when it can still be made, and this worker is done. */
function gone(lab: Laboratory): boolean {
  const reason = lab.lost();
  if (reason === undefined) return false;
  dead = true;
  try {
    keep(lab);
  } catch (error) {
    consoleError(error);
  }
  tell({ kind: 'lost', reason });
  return true;
}

function keep(lab: Laboratory): void {
  keptAt = performance.now();
  const step = status?.step ?? 0;
  if (step === keptStep) return;
  keptStep = step;
  const bytes = lab.checkpoint();
  tell({ kind: 'checkpoint', bytes, step }, [bytes.buffer as ArrayBuffer]);
}

/** Whatever the answer was, the picture and the checkpoint follow it. */
function jumped(now: Status): void {
  status = now;
  target = null;
  picturesStale = true;
  dirty = true;
  keptStep = -1;
  toldAt = 0;
  restartClocks();
}

function opened(answer: Opened): Opened {
  jumped(answer.status);
  return answer;
}

function changed(answer: Changed): Changed {
  const before = status?.step ?? 0;
  if (answer.restarted || answer.status.step < before) jumped(answer.status);
  else {
    status = answer.status;
    picturesStale = true;
    dirty = true;
    keptStep = -1;
  }
  return answer;
}

/** Some calls throw words for the person; anything else thrown is the end of this worker. */
function written(make: () => string): Written {
  try {
    return { text: make(), fault: null };
  } catch (error) {
    if (typeof error !== 'string') throw error;
    return { text: null, fault: error };
  }
}

function answersOf(lab: Laboratory): Calls {
  return {
    open: (fragment) => opened(lab.open(fragment)),
    edit(text, run) {
      const answer = lab.edit(text, run);
      if (answer.opened !== null) opened(answer.opened);
      return answer;
    },
    series: (name, text) => opened(lab.series(name, text)),
    set: (control: string, value: Value) => changed(lab.set(control, value)),
    setMany: (settings) => changed(lab.setMany(settings)),
    setSeed: (seed) => changed(lab.setSeed(seed)),
    setDevice: (device) => changed(lab.setDevice(device)),
    step() {
      const before = status?.step ?? 0;
      jumped(lab.step());
      // An engine that has not answered yet is asked again, turn by turn, until the step is done.
      if (status?.step === before && status.state.state === 'ready') {
        target = before + 1;
        playing = true;
      }
      return status as Status;
    },
    reset() {
      jumped(lab.reset());
      return status as Status;
    },
    share: () => lab.share(),
    pick(x, y) {
      const sets = lab.pick(x, y);
      jumped(lab.status());
      return sets;
    },
    picks: () => lab.picks(),
    pickIn: (view, x, y) => lab.pickIn(view, x, y),
    readAlong: (text) => lab.readAlong(text),
    embedTables: (text, names, texts) => written(() => lab.embedTables(text, names, texts)),
    exportFormats: () => lab.exportFormats(),
    exportAs: (format) => written(() => lab.exportAs(format)),
  };
}

async function start(message: Extract<ToStage, { kind: 'start' }>): Promise<void> {
  const settings: Start = message.start;
  let lastTold = 0;
  const lab = await makeLaboratory(settings, (loaded, total) => {
    const now = performance.now();
    if (now - lastTold < 80 && loaded !== total) return;
    lastTold = now;
    tell({ kind: 'progress', loaded, total });
  });
  // The light module's first picture need not wait for the text, nor the text for the device.
  const device: DeviceReport = await askForDevice(lab, settings.gpu);
  lab.theme(message.dark);
  lab.attach(message.canvas, device.available ? 'gpu' : 'cpu');
  lab.resize(message.width, message.height, message.ratio);
  const answer = message.checkpoint === null ? lab.open(message.fragment) : lab.restore(message.checkpoint);
  attached = true;
  laboratory = lab;
  opened(answer);
  tell({ kind: 'ready', gallery: lab.gallery(), device, opened: answer });
  schedule();
}

function listen(lab: Laboratory, message: Exclude<ToStage, { kind: 'start' }>): void {
  switch (message.kind) {
    case 'call': {
      const answers = answersOf(lab) as unknown as Record<CallName, (...args: unknown[]) => unknown>;
      const value = answers[message.name](...message.args);
      tell({ kind: 'answer', id: message.id, value });
      break;
    }
    case 'play':
      if (playing !== message.playing) restartClocks();
      playing = message.playing;
      if (!playing) {
        target = null;
        dirty = true;
        toldAt = 0;
      }
      break;
    case 'pace':
      pace = message.pace;
      restartClocks();
      break;
    case 'runTo':
      target = message.step;
      playing = true;
      dirty = true;
      break;
    case 'views':
      views = message.views;
      picturesStale = true;
      dirty = true;
      toldAt = 0;
      break;
    case 'resize':
      lab.resize(message.width, message.height, message.ratio);
      dirty = true;
      break;
    case 'theme':
      lab.theme(message.dark);
      picturesStale = true;
      dirty = true;
      break;
    case 'camera':
      lab.camera(message.move satisfies CameraMove);
      dirty = true;
      break;
    case 'destroyDevice':
      lab.destroyDevice();
      dirty = true;
      break;
    case 'ping':
      // A standing run would not notice otherwise.
      if (!gone(lab)) tell({ kind: 'pong' });
      break;
  }
  schedule();
}

// Messages that arrive while the module loads are kept in order.
const waiting: Exclude<ToStage, { kind: 'start' }>[] = [];

scope.onmessage = ({ data }): void => {
  if (dead) return;
  if (data.kind === 'start') {
    start(data)
      .then(() => {
        for (const message of waiting.splice(0)) if (laboratory !== null) listen(laboratory, message);
      })
      .catch((error: unknown) => {
        if (error instanceof MissingModule) {
          dead = true;
          tell({ kind: 'missing', message: error.message });
        } else die(error);
      });
    return;
  }
  if (laboratory === null) {
    if (data.kind === 'ping') tell({ kind: 'pong' });
    else waiting.push(data);
    return;
  }
  try {
    listen(laboratory, data);
  } catch (error) {
    die(error);
  }
};
