// Everything that passes between the page and its workers. Data only; large arrays are transferred.
import type { Answer, DeviceReport, Drawn, ExportFormat, Gallery, Measurement, Opened, Question, Reading, Setting, Shared, Status, Value, Verdict } from './contract';
import type { CameraMove, Changed, Edited, Frame } from './laboratory';

/**
 * Which wasm module: the light one opens the page and runs systems, the whole one runs every exhibit and the analysis
 * desk, the full one brings networks by automatic differentiation as well. Each holds the one before.
 */
export type ModuleName = 'light' | 'whole' | 'full';

/** How a laboratory is started, in any worker. */
export interface Start {
  module: ModuleName;
  /** Absolute address of the folder that holds `light/`, `whole/` and `full/`. */
  base: string;
  /** Whether the person allows WebGPU. */
  gpu: boolean;
  /** Whether to use the stand-in laboratory of the tests; no effect in the built site. */
  rehearsal: boolean;
}

/** A text, or in words why there is none. */
export type Written = { text: string; fault: null } | { text: null; fault: string };

/** Questions that the page asks the stage worker, and what it answers. */
export interface Calls {
  open(fragment: string): Opened;
  edit(text: string, run: boolean): Edited;
  series(name: string, text: string): Opened;
  set(control: string, value: Value): Changed;
  setMany(settings: Setting[]): Changed;
  setSeed(seed: string): Changed;
  setDevice(device: string): Changed;
  step(): Status;
  reset(): Status;
  share(): Shared;
  pick(x: number, y: number): Setting[];
  picks(): string[];
  pickIn(view: string, x: number, y: number): Setting[];
  readAlong(text: string): Reading;
  embedTables(text: string, names: string[], texts: string[]): Written;
  exportFormats(): ExportFormat[];
  exportAs(format: string): Written;
}
export type CallName = keyof Calls;

export type ToStage =
  | {
      kind: 'start';
      start: Start;
      canvas: OffscreenCanvas;
      width: number;
      height: number;
      ratio: number;
      dark: boolean;
      /** What to open; a checkpoint comes first when there is one. */
      fragment: string;
      checkpoint: Uint8Array | null;
    }
  | { kind: 'call'; id: number; name: CallName; args: unknown[] }
  | { kind: 'play'; playing: boolean }
  /** Steps a second; none for as fast as it goes. */
  | { kind: 'pace'; pace: number | null }
  /** Runs to a step as fast as it goes, then says so and pauses. */
  | { kind: 'runTo'; step: number }
  | { kind: 'views'; views: string[] }
  | { kind: 'resize'; width: number; height: number; ratio: number }
  | { kind: 'theme'; dark: boolean }
  | { kind: 'camera'; move: CameraMove }
  | { kind: 'destroyDevice' }
  | { kind: 'ping' };

export type FromStage =
  | { kind: 'progress'; loaded: number; total: number }
  | { kind: 'missing'; message: string }
  | { kind: 'ready'; gallery: Gallery; device: DeviceReport; opened: Opened }
  | { kind: 'answer'; id: number; value: unknown }
  | { kind: 'tick'; status: Status; drawn: Drawn | null; frames: Frame[]; stepsPerSecond: number }
  | { kind: 'reached'; status: Status }
  | { kind: 'checkpoint'; bytes: Uint8Array; step: number }
  | { kind: 'lost'; reason: string }
  | { kind: 'panic'; message: string }
  | { kind: 'pong' };

export type ToHelper =
  | { kind: 'start'; start: Start }
  | { kind: 'measure'; id: number; slug: string; claim: string; seed: string; gpu: boolean }
  | { kind: 'verdict'; id: number; slug: string; claim: string; measurements: Measurement[] }
  | { kind: 'questions'; id: number; fragment: string }
  | { kind: 'ask'; id: number; fragment: string; question: string; settings: Setting[] }
  | { kind: 'thumbnail'; id: number; slug: string; size: number; dark: boolean };

export type FromHelper =
  | { kind: 'ready' }
  | { kind: 'done'; id: number; fraction: number }
  | { kind: 'measured'; id: number; measurements: Measurement[] }
  | { kind: 'verdict'; id: number; verdict: Verdict }
  | { kind: 'questions'; id: number; questions: Question[] }
  /** An answer on its way; `fault` says what stopped it. */
  | { kind: 'answering'; id: number; answer: Answer; frames: Frame[] }
  | { kind: 'answered'; id: number; answer: Answer | null; frames: Frame[]; fault: string | null }
  /** No pixels where the whole module must draw it. */
  | { kind: 'thumbnail'; id: number; size: number; pixels: Uint8ClampedArray<ArrayBuffer> }
  | { kind: 'panic'; message: string };
