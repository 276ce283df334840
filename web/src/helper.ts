// A helper worker: a laboratory of its own, for claims, analyses and thumbnails. Stopped by ending it.
import { askForDevice, makeLaboratory, messageOf } from './engine';
import type { Inquiry, Laboratory } from './laboratory';
import type { FromHelper, ToHelper } from './messages';

const scope = self as unknown as {
  postMessage(message: FromHelper, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToHelper>) => void) | null;
};

let laboratory: Promise<Laboratory> | null = null;
/** Asked for once, and only by a claim or a question that may want it. */
let device: Promise<unknown> | null = null;
/** Whether the page may use the GPU at all. */
let allowed = false;
let toldAt = 0;

/** Milliseconds of work between two looks of the page at an answer on its way. */
const SLICE = 250;

async function answer(lab: Laboratory, { id, fragment, question, settings }: Extract<ToHelper, { kind: 'ask' }>): Promise<void> {
  let inquiry: Inquiry | null = null;
  try {
    if (lab.wantsDevice(fragment, question, settings)) await (device ??= askForDevice(lab, allowed));
    inquiry = lab.ask(fragment, question, settings);
    let shown = performance.now();
    while (!inquiry.advance(SLICE)) {
      // A device answers between two turns alone; an inquiry that has to wait for it comes back at once.
      await new Promise((resolve) => setTimeout(resolve));
      if (performance.now() - shown < SLICE) continue;
      scope.postMessage({ kind: 'answering', id, answer: inquiry.answer(), frames: inquiry.frames() });
      shown = performance.now();
    }
    scope.postMessage({ kind: 'answered', id, answer: inquiry.answer(), frames: inquiry.frames(), fault: null });
  } catch (error) {
    scope.postMessage({ kind: 'answered', id, answer: inquiry?.answer() ?? null, frames: inquiry?.frames() ?? [], fault: messageOf(error) });
  } finally {
    inquiry?.free();
  }
}

async function listen(message: ToHelper): Promise<void> {
  if (message.kind === 'start') {
    allowed = message.start.gpu;
    laboratory = makeLaboratory(message.start, () => undefined);
    await laboratory;
    scope.postMessage({ kind: 'ready' });
    return;
  }
  if (laboratory === null) throw new Error('a helper was asked before it was started');
  const lab = await laboratory;
  const { id } = message;
  switch (message.kind) {
    case 'measure': {
      if (message.gpu) await (device ??= askForDevice(lab, true));
      const measurements = await lab.measure(message.slug, message.claim, message.seed, (fraction) => {
        const now = performance.now();
        if (now - toldAt < 100) return;
        toldAt = now;
        scope.postMessage({ kind: 'done', id, fraction });
      });
      scope.postMessage({ kind: 'measured', id, measurements });
      break;
    }
    case 'verdict':
      scope.postMessage({ kind: 'verdict', id, verdict: lab.verdict(message.slug, message.claim, message.measurements) });
      break;
    case 'questions':
      scope.postMessage({ kind: 'questions', id, questions: lab.questions(message.fragment) });
      break;
    case 'ask':
      await answer(lab, message);
      break;
    case 'thumbnail': {
      const pixels = new Uint8ClampedArray(lab.thumbnail(message.slug, message.size, message.dark));
      scope.postMessage({ kind: 'thumbnail', id, size: message.size, pixels }, [pixels.buffer]);
      break;
    }
  }
}

// One message at a time: a laboratory is not to be entered twice.
let queue: Promise<void> = Promise.resolve();
scope.onmessage = ({ data }): void => {
  queue = queue.then(() => listen(data)).catch((error: unknown) => scope.postMessage({ kind: 'panic', message: messageOf(error) }));
};
