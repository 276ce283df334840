// The page's end of the stage worker: starts it, asks it, and brings it back. A panic, a lost device, silence
// and another module are one path: drop the worker, make a new canvas and a new worker, restore the checkpoint.
import type { DeviceReport, Gallery, Opened, Status } from './contract';
import type { CallName, Calls, FromStage, ModuleName, ToStage } from './messages';

/** What the page is told, by name of the event. */
export interface Told {
  progress: { module: ModuleName; loaded: number; total: number };
  missing: { module: ModuleName; message: string };
  ready: { gallery: Gallery; device: DeviceReport; opened: Opened; restored: boolean };
  tick: Extract<FromStage, { kind: 'tick' }>;
  reached: Status;
  /** The worker was dropped; `again` when another has been started. */
  dropped: { why: 'panic' | 'lost' | 'silent'; message: string; step: number; again: boolean; gpu: boolean };
  canvas: HTMLCanvasElement;
}

/** Silence after which a worker counts as dead. */
const SILENCE = 10_000;
/** The same while it loads, where compiling may take long. */
const SILENCE_WHILE_LOADING = 90_000;

export class EngineLink {
  module: ModuleName = 'light';
  gpu = true;
  ready = false;
  readonly base: string;
  readonly rehearsal: boolean;
  #worker: Worker | null = null;
  #canvas: HTMLCanvasElement | null = null;
  #size = { width: 640, height: 480, ratio: 1 };
  #dark = false;
  #fragment = '';
  #checkpoint: Uint8Array | null = null;
  #step = 0;
  #playing = false;
  #pace: number | null = null;
  #views: string[] = [];
  #heardAt = 0;
  #asked = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #ids = 0;
  #losses: number[] = [];
  #panics: number[] = [];
  #listeners = new Map<keyof Told, ((told: never) => void)[]>();

  constructor(base: string, rehearsal: boolean) {
    this.base = base;
    this.rehearsal = rehearsal;
    setInterval(() => this.#watch(), 2000);
  }

  on<K extends keyof Told>(name: K, listener: (told: Told[K]) => void): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener as (told: never) => void]);
  }
  #tell<K extends keyof Told>(name: K, told: Told[K]): void {
    for (const listener of this.#listeners.get(name) ?? []) (listener as (told: Told[K]) => void)(told);
  }

  /** Starts a worker on a new canvas; the old ones are dropped. */
  start(fragment: string, fromCheckpoint = false): void {
    this.stop();
    this.#fragment = fragment;
    if (!fromCheckpoint) this.#checkpoint = null;
    const canvas = document.createElement('canvas');
    this.#canvas = canvas;
    this.#tell('canvas', canvas);
    const offscreen = canvas.transferControlToOffscreen();
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'stage' });
    this.#worker = worker;
    this.#heardAt = performance.now();
    worker.onmessage = ({ data }: MessageEvent<FromStage>): void => {
      if (this.#worker === worker) this.#hear(data);
    };
    worker.onerror = (event): void => {
      event.preventDefault();
      if (this.#worker === worker) this.#drop('panic', event.message || 'The worker did not start.');
    };
    this.#send({
      kind: 'start',
      start: { module: this.module, base: this.base, gpu: this.gpu, rehearsal: this.rehearsal },
      canvas: offscreen, ...this.#size, dark: this.#dark, fragment, checkpoint: this.#checkpoint,
    }, [offscreen]);
    this.#send({ kind: 'views', views: this.#views });
    this.#send({ kind: 'pace', pace: this.#pace });
    this.#send({ kind: 'play', playing: this.#playing });
  }

  stop(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.ready = false;
    for (const { reject } of this.#asked.values()) reject(new Error('the worker was replaced'));
    this.#asked.clear();
  }

  /** Goes on with another module, from the last checkpoint when there is one and no other run is asked for. */
  change(module: ModuleName, fragment: string, keep: boolean): void {
    this.module = module;
    this.start(fragment, keep);
  }
  /** After a fall-back: tries the device again from the last checkpoint. */
  again(gpu: boolean): void {
    this.gpu = gpu;
    this.start(this.#fragment, true);
  }

  call<K extends CallName>(name: K, ...args: Parameters<Calls[K]>): Promise<ReturnType<Calls[K]>> {
    const id = ++this.#ids;
    return new Promise((resolve, reject) => {
      if (this.#worker === null) {
        reject(new Error('the worker was replaced'));
        return;
      }
      this.#asked.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#send({ kind: 'call', id, name, args });
    });
  }
  play(playing: boolean): void {
    this.#playing = playing;
    this.#send({ kind: 'play', playing });
  }
  pace(pace: number | null): void {
    this.#pace = pace;
    this.#send({ kind: 'pace', pace });
  }
  views(views: string[]): void {
    if (views.join() === this.#views.join()) return;
    this.#views = views;
    this.#send({ kind: 'views', views });
  }
  resize(width: number, height: number, ratio: number): void {
    if (width < 8 || height < 8) return;
    this.#size = { width, height, ratio };
    this.#send({ kind: 'resize', width, height, ratio });
  }
  theme(dark: boolean): void {
    this.#dark = dark;
    this.#send({ kind: 'theme', dark });
  }
  runTo(step: number): void {
    this.#playing = true;
    this.#send({ kind: 'runTo', step });
  }
  camera(move: Extract<ToStage, { kind: 'camera' }>['move']): void {
    this.#send({ kind: 'camera', move });
  }
  destroyDevice(): void {
    this.#send({ kind: 'destroyDevice' });
  }
  get canvas(): HTMLCanvasElement | null {
    return this.#canvas;
  }

  #send(message: ToStage, transfer: Transferable[] = []): void {
    this.#worker?.postMessage(message, transfer);
  }

  #hear(message: FromStage): void {
    this.#heardAt = performance.now();
    switch (message.kind) {
      case 'progress':
        this.#tell('progress', { module: this.module, loaded: message.loaded, total: message.total });
        break;
      case 'missing':
        this.stop();
        this.#tell('missing', { module: this.module, message: message.message });
        break;
      case 'ready':
        this.ready = true;
        this.#tell('ready', { gallery: message.gallery, device: message.device, opened: message.opened, restored: this.#checkpoint !== null });
        break;
      case 'answer': {
        const asked = this.#asked.get(message.id);
        this.#asked.delete(message.id);
        asked?.resolve(message.value);
        break;
      }
      case 'tick':
        this.#step = message.status.step;
        this.#tell('tick', message);
        break;
      case 'reached':
        this.#playing = false;
        this.#tell('reached', message.status);
        break;
      case 'checkpoint':
        this.#checkpoint = message.bytes;
        break;
      case 'lost':
        this.#drop('lost', message.reason);
        break;
      case 'panic':
        this.#drop('panic', message.message);
        break;
      case 'pong':
        break;
    }
  }

  #drop(why: Told['dropped']['why'], message: string): void {
    const now = performance.now();
    const recent = (times: number[]): number[] => [...times.filter((at) => now - at < 60_000), now];
    const step = this.#step;
    this.stop();
    let again = true;
    if (why === 'lost') {
      this.#losses = recent(this.#losses);
      // Lost twice within a minute: this device will not hold.
      if (this.#losses.length >= 2) this.gpu = false;
    } else {
      this.#panics = recent(this.#panics);
      // The same state would fail again and again: the person decides.
      again = this.#panics.length < 2;
    }
    this.#tell('dropped', { why, message, step, again, gpu: this.gpu });
    if (again) this.start(this.#fragment, true);
  }

  #watch(): void {
    if (this.#worker === null || document.hidden) {
      this.#heardAt = performance.now();
      return;
    }
    this.#send({ kind: 'ping' });
    if (performance.now() - this.#heardAt > (this.ready ? SILENCE : SILENCE_WHILE_LOADING)) {
      this.#drop('silent', `The worker has not answered for ${this.ready ? SILENCE / 1000 : SILENCE_WHILE_LOADING / 1000} seconds.`);
    }
  }
}
