// The page of benchmarks: the modules with and without SIMD, and TensorFlow.js on the same training. It is built
// apart from the site and never uploaded with it.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plainWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';

setWasmPaths({
  'tfjs-backend-wasm.wasm': plainWasm,
  'tfjs-backend-wasm-simd.wasm': simdWasm,
  'tfjs-backend-wasm-threaded-simd.wasm': threadedWasm,
});

interface Task {
  hidden: number;
  steps: number;
  batch: number;
  rate: number;
  compared: number;
  inputs: Float32Array;
  targets: Float32Array;
  parameters: Float32Array;
}
interface Module {
  default(options: { module_or_path: URL }): Promise<unknown>;
  measure(): string;
  measureZoo(): string;
  measureDevice?(hint: string): Promise<string>;
  Task: new () => Task;
}

const modules = new Map<string, Promise<Module>>();
function load(name: string): Promise<Module> {
  const known = modules.get(name);
  if (known !== undefined) return known;
  // The tool that makes bindings gives every module the same name.
  const folder = new URL(`pkg/${name}/`, document.baseURI);
  const module = (async (): Promise<Module> => {
    const bindings = (await import(/* @vite-ignore */ new URL('playground.js', folder).href)) as Module;
    await bindings.default({ module_or_path: new URL('playground_bg.wasm', folder) });
    return bindings;
  })();
  modules.set(name, module);
  return module;
}

/** Trains the network of the fused steps, from the same weights on the same data, on a backend. */
async function tensorflow(name: string, timed: number, compare: boolean): Promise<unknown> {
  const absent = (reason: string): unknown => ({ name, absent: reason, seconds: 0, steps: 0, first: 0, later: null, last: 0 });
  try {
    if (!(await tf.setBackend(name))) return absent('it does not start here');
    await tf.ready();
  } catch (error) {
    return absent(String(error));
  }
  const { hidden, steps, batch, rate, compared, inputs, targets, parameters } = new (await load('simd')).Task();
  let at = 0;
  const variable = (rows: number, columns: number): tf.Variable => {
    const values = parameters.slice(at, at + rows * columns);
    at += rows * columns;
    return tf.variable(tf.tensor2d(values, [rows, columns]));
  };
  const [w, u, b, c, offset] = [variable(hidden, hidden), variable(hidden, 1), variable(1, hidden), variable(1, hidden), variable(1, 1)];
  const x = Array.from({ length: steps }, (_, t) => tf.tensor2d(inputs.slice(t * batch, (t + 1) * batch), [batch, 1]));
  const wanted = tf.tensor2d(targets, [steps * batch, 1]);
  const optimiser = tf.train.adam(rate, 0.9, 0.999, 1e-8);
  const loss = (): tf.Scalar => {
    let state: tf.Tensor2D = tf.zeros([batch, hidden]);
    const said: tf.Tensor2D[] = [];
    for (const row of x) {
      state = tf.tanh(tf.add(tf.add(tf.matMul(state, w as unknown as tf.Tensor2D, false, true), tf.matMul(row, u as unknown as tf.Tensor2D, false, true)), b)) as tf.Tensor2D;
      said.push(tf.add(tf.matMul(state, c as unknown as tf.Tensor2D, false, true), offset) as tf.Tensor2D);
    }
    return tf.mean(tf.square(tf.sub(tf.concat(said, 0), wanted))) as tf.Scalar;
  };
  const step = async (): Promise<number> => {
    const value = optimiser.minimize(loss, true) as tf.Scalar;
    const [number = NaN] = await value.data();
    value.dispose();
    return number;
  };
  const first = await step();
  let last = first;
  let later: number | null = null;
  if (compare) {
    for (let update = 1; update <= compared; update++) last = later = await step();
  }
  const times: number[] = [];
  for (let update = 0; update < timed; update++) {
    const began = performance.now();
    last = await step();
    times.push(performance.now() - began);
  }
  times.sort((p, q) => p - q);
  return { name, absent: '', seconds: (times[times.length >> 1] ?? NaN) / 1e3, steps: timed, first, later, last };
}

/** The adapter in words, for the module to name it. */
async function device(): Promise<unknown> {
  const gpu = (navigator as unknown as { gpu?: { requestAdapter(): Promise<{ info?: object } | null> } }).gpu;
  const adapter = await gpu?.requestAdapter();
  const info = (adapter?.info ?? {}) as Record<string, unknown>;
  const hint = Object.fromEntries(['vendor', 'architecture', 'description', 'isFallbackAdapter'].map((key) => [key, info[key]]));
  const module = await load('simd');
  if (module.measureDevice === undefined) throw new Error('the module was built without the GPU');
  return JSON.parse(await module.measureDevice(JSON.stringify(hint)));
}

Object.assign(window, {
  bench: {
    figures: async (name: string): Promise<unknown> => JSON.parse((await load(name)).measure()),
    zoo: async (name: string): Promise<unknown> => JSON.parse((await load(name)).measureZoo()),
    device,
    tensorflow,
    tensorflowVersion: tf.version_core,
  },
});
