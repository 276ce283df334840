// The face of the wasm module: what crates/playground exports. One object, plain data in and out.
import type {
  Answer, DeviceReport, Drawn, Diagnostic, ExportFormat, Fault, Gallery, Measurement, Opened, Picture, Question, Reading, Setting, Shared, Status,
  Value, Verdict,
} from './contract';

/** A picture with the arrays its references point into. */
export interface Frame {
  picture: Picture;
  arrays: Float64Array[];
}

/** What came of setting a control. */
export interface Changed {
  values: Setting[];
  link: string;
  status: Status;
  /** Whether the run began again. */
  restarted: boolean;
  fault: Fault | null;
}

/** What came of editing the equations; the run goes on with the last good text when it is not good. */
export interface Edited {
  good: boolean;
  diagnostics: Diagnostic[];
  /** The run on the new equations, when good. */
  opened: Opened | null;
}

export type CameraMove =
  | { kind: 'orbit'; dx: number; dy: number }
  | { kind: 'pan'; dx: number; dy: number }
  | { kind: 'zoom'; factor: number; x: number; y: number }
  | { kind: 'reset' };

/** The work towards the answer to a question. */
export interface Inquiry {
  /** Works for about a budget in milliseconds; true when all is done. Throws, in words, where it cannot go on. */
  advance(budget: number): boolean;
  answer(): Answer;
  frames(): Frame[];
  free(): void;
}

/** One instance a worker; every call returns at once but the two that say `Promise`. */
export interface Laboratory {
  gallery(): Gallery;
  /** Opens a fragment such as `lorenz?rho=24.4&seed=7`; a bad one opens the default and says so. */
  open(fragment: string): Opened;
  /** Checks equations and, when they are good, runs them. `run: false` only checks. */
  edit(text: string, run: boolean): Edited;
  /** Colours, words and findings of a text while it is typed; nothing runs. */
  readAlong(text: string): Reading;
  /** Puts tables from files into a text; throws, in words, at a file that holds none. */
  embedTables(text: string, names: string[], texts: string[]): string;
  /** What the present equations can be written as. */
  exportFormats(): ExportFormat[];
  /** The present equations at the present values in a format; throws, in words, where it cannot carry them. */
  exportAs(format: string): string;
  /** Gives the exhibit a series of the person's own. */
  series(name: string, text: string): Opened;
  set(control: string, value: Value): Changed;
  /** Sets several controls in one go; the run begins again once at most. */
  setMany(settings: Setting[]): Changed;
  setSeed(seed: string): Changed;
  /** `cpu` or `gpu`. */
  setDevice(device: string): Changed;
  /** Works for at most the budget, in milliseconds; stops at a step when one is given. */
  advance(budget: number, until: number | undefined): Status;
  /** One step, however long. */
  step(): Status;
  /** Back to the start. */
  reset(): Status;
  status(): Status;
  /** The data of some views. */
  pictures(views: string[]): Frame[];
  share(): Shared;
  checkpoint(): Uint8Array;
  /** Resumes what a checkpoint holds. */
  restore(bytes: Uint8Array): Opened;
  /** Asks for the GPU; `hint` is what JavaScript knows of the adapter. */
  requestDevice(hint: string): Promise<DeviceReport>;
  /** Takes the stage's canvas: `gpu` draws by WebGPU, `cpu` on a 2-D context. */
  attach(canvas: OffscreenCanvas, how: string): void;
  resize(width: number, height: number, ratio: number): void;
  theme(dark: boolean): void;
  camera(move: CameraMove): void;
  /** A click on the stage, in CSS pixels; true when it started something. */
  pick(x: number, y: number): Setting[];
  /** The plots in which a click does something now. */
  picks(): string[];
  /** A click in a plot, in the units of its axes: what is to be set. */
  pickIn(view: string, x: number, y: number): Setting[];
  draw(): Drawn;
  /** Which device-loss, if any, has happened since the last call. */
  lost(): string | undefined;
  /** For tests of the recovery path: destroys the device. */
  destroyDevice(): void;
  // The whole module alone does what follows up to the verdict.
  /** Measures a claim for one seed; `progress` gets numbers from 0 to 1 while it works. */
  measure(slug: string, claim: string, seed: string, progress: (done: number) => void): Promise<Measurement[]>;
  /** What can be asked about the system that a fragment leads to. */
  questions(fragment: string): Question[];
  /** Whether a question, so set, is for a GPU: then the device is to be asked for before it. */
  wantsDevice(fragment: string, question: string, settings: Setting[]): boolean;
  /** Asks; throws, in words, where it cannot be asked. */
  ask(fragment: string, question: string, settings: Setting[]): Inquiry;
  /** The verdict on a claim from its measurements. */
  verdict(slug: string, claim: string, measurements: Measurement[]): Verdict;
  /** An RGBA thumbnail of a member of the gallery, square; empty where the whole module must draw it. */
  thumbnail(slug: string, size: number, dark: boolean): Uint8ClampedArray;
}
