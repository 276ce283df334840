// The helper workers: claims shared out seed by seed, analyses, and thumbnails when nothing is being measured.
import type { Answer, Measurement, Question as Asked, Setting, Verdict } from './contract';
import type { Frame } from './laboratory';
import type { FromHelper, Start, ToHelper } from './messages';

interface Job {
  message: Exclude<ToHelper, { kind: 'start' }>;
  progress: (fraction: number) => void;
  partly: (answer: Answer, frames: Frame[]) => void;
  module: Helper['module'];
  resolve: (answer: FromHelper) => void;
  reject: (error: Error) => void;
}
interface Helper {
  module: 'light' | 'whole';
  worker: Worker;
  job: Job | null;
}

/** Each message but its `id`, which is given here. */
type Question = Exclude<ToHelper, { kind: 'start' }> extends infer M ? (M extends { id: number } ? Omit<M, 'id'> : never) : never;

export class Helpers {
  readonly #start: Start;
  readonly #most = Math.max(1, Math.min(8, (navigator.hardwareConcurrency || 2) - 1));
  #helpers: Helper[] = [];
  #queue: Job[] = [];
  #ids = 0;

  constructor(start: Start) {
    this.#start = start;
  }

  async measure(slug: string, claim: string, seed: string, gpu: boolean, progress: (fraction: number) => void): Promise<Measurement[]> {
    const answer = await this.#ask({ kind: 'measure', slug, claim, seed, gpu }, progress);
    return answer.kind === 'measured' ? answer.measurements : [];
  }
  async verdict(slug: string, claim: string, measurements: Measurement[]): Promise<Verdict | null> {
    const answer = await this.#ask({ kind: 'verdict', slug, claim, measurements }, () => undefined, true);
    return answer.kind === 'verdict' ? answer.verdict : null;
  }
  async thumbnail(slug: string, size: number, dark: boolean): Promise<ImageData | null> {
    const draw = (module: Helper['module']): Promise<FromHelper> => this.#ask({ kind: 'thumbnail', slug, size, dark }, () => undefined, false, undefined, module);
    // Pictures of systems, which is most of them, need no more than the page has fetched already.
    let answer = await draw('light');
    if (answer.kind === 'thumbnail' && answer.pixels.length === 0) answer = await draw('whole');
    return answer.kind === 'thumbnail' ? new ImageData(answer.pixels, answer.size, answer.size) : null;
  }

  async questions(fragment: string): Promise<Asked[]> {
    const answer = await this.#ask({ kind: 'questions', fragment }, () => undefined, true);
    return answer.kind === 'questions' ? answer.questions : [];
  }
  /** Asks; `partly` is shown the answer on its way. What is returned stops it. */
  ask(fragment: string, question: string, settings: Setting[], partly: (answer: Answer, frames: Frame[]) => void): { whole: Promise<Extract<FromHelper, { kind: 'answered' }> | null>; stop: () => void } {
    const id = this.#ids + 1;
    const whole = this.#ask({ kind: 'ask', fragment, question, settings }, () => undefined, true, partly)
      .then((answer) => (answer.kind === 'answered' ? answer : null));
    return { whole, stop: () => this.#end(id) };
  }

  /** Ends one job, and its worker with it. */
  #end(id: number): void {
    this.#queue = this.#queue.filter(({ message, reject }) => {
      if (message.id === id) reject(new Error('stopped'));
      return message.id !== id;
    });
    const busy = this.#helpers.find(({ job }) => job?.message.id === id);
    if (busy === undefined) return;
    busy.worker.terminate();
    this.#helpers = this.#helpers.filter((one) => one !== busy);
    busy.job?.reject(new Error('stopped'));
    this.#next();
  }

  /** Ends all measuring at once; thumbnails in hand are asked for again by whoever wants them. */
  stop(): void {
    for (const { worker, job } of this.#helpers) {
      worker.terminate();
      job?.reject(new Error('stopped'));
    }
    this.#helpers = [];
    for (const job of this.#queue.splice(0)) job.reject(new Error('stopped'));
  }

  #ask(question: Question, progress: (fraction: number) => void, first = false, partly: Job['partly'] = () => undefined, module: Helper['module'] = 'whole'): Promise<FromHelper> {
    return new Promise((resolve, reject) => {
      const job: Job = { message: { ...question, id: ++this.#ids } as Job['message'], progress, partly, module, resolve, reject };
      if (first) this.#queue.unshift(job);
      else this.#queue.push(job);
      this.#next();
    });
  }

  #next(): void {
    const job = this.#queue[0];
    if (job === undefined) return;
    const able = this.#helpers.filter(({ module }) => module === 'whole' || job.module === 'light');
    let helper = able.find((one) => one.job === null);
    if (helper === undefined) {
      // Thumbnails alone do not deserve a second worker.
      if (able.length >= (job.message.kind === 'thumbnail' ? 1 : this.#most)) return;
      // One that only draws thumbnails makes room.
      const idle = this.#helpers.findIndex(({ module, job: busy }) => module === 'light' && busy === null);
      if (job.module === 'whole' && idle >= 0) this.#helpers.splice(idle, 1)[0]?.worker.terminate();
      helper = this.#make(job.module);
    }
    this.#queue.shift();
    helper.job = job;
    helper.worker.postMessage(job.message);
    this.#next();
  }

  #make(module: Helper['module']): Helper {
    const worker = new Worker(new URL('./helper.ts', import.meta.url), { type: 'module', name: 'helper' });
    const helper: Helper = { module, worker, job: null };
    const failed = (message: string): void => {
      worker.terminate();
      this.#helpers = this.#helpers.filter((one) => one !== helper);
      helper.job?.reject(new Error(message));
      this.#next();
    };
    worker.onmessage = ({ data }: MessageEvent<FromHelper>): void => {
      if (data.kind === 'ready') return;
      if (data.kind === 'done') helper.job?.progress(data.fraction);
      else if (data.kind === 'answering') helper.job?.partly(data.answer, data.frames);
      else if (data.kind === 'panic') failed(data.message);
      else {
        const { job } = helper;
        helper.job = null;
        job?.resolve(data);
        this.#next();
      }
    };
    worker.onerror = (event): void => {
      event.preventDefault();
      failed(event.message || 'the helper did not start');
    };
    worker.postMessage({ kind: 'start', start: { ...this.#start, module } } satisfies ToHelper);
    this.#helpers.push(helper);
    return helper;
  }
}
