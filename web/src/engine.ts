// Fetches a wasm module and makes a laboratory of it. Used inside workers only.
import type { DeviceReport } from './contract';
import type { Laboratory } from './laboratory';
import type { Start } from './messages';

/** What `wasm-bindgen --target web` writes: a start function and the classes. */
interface Bindings {
  default(options: { module_or_path: WebAssembly.Module | Promise<WebAssembly.Module> }): Promise<unknown>;
  Laboratory: new () => Laboratory;
}

/** The module is not there: not built yet, or the host does not carry it. */
export class MissingModule extends Error {}

/** Compiles while it downloads and tells how far it is. */
async function compile(address: URL, progress: (loaded: number, total: number) => void): Promise<WebAssembly.Module> {
  const response = await fetch(address);
  // A host that answers every address with a page would otherwise fail with a message about magic numbers.
  if (!response.ok || response.body === null || response.headers.get('content-type')?.startsWith('text/html') === true) {
    throw new MissingModule(`${address.pathname} is not there (${response.status})`);
  }
  // The length that a host states is that of the compressed bytes; then only what has arrived is told.
  const encoded = response.headers.get('content-encoding') !== null;
  const total = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
  let loaded = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller): void {
        loaded += chunk.byteLength;
        progress(loaded, total);
        controller.enqueue(chunk);
      },
    }),
  );
  return WebAssembly.compileStreaming(new Response(counted, { headers: { 'content-type': 'application/wasm' } }));
}

/** Makes the laboratory that `start` asks for. */
export async function makeLaboratory(start: Start, progress: (loaded: number, total: number) => void): Promise<Laboratory> {
  if ((import.meta.env.DEV || import.meta.env.MODE === 'rehearsal') && start.rehearsal) {
    const { RehearsalLaboratory } = await import('../test/rehearsal-laboratory');
    return new RehearsalLaboratory();
  }
  const folder = new URL(`${start.module}/`, start.base);
  const module = compile(new URL('playground_bg.wasm', folder), progress);
  // Both are asked for at once; a failure of the download is told by whoever awaits `module` below.
  module.catch(() => undefined);
  let bindings: Bindings;
  try {
    bindings = (await import(/* @vite-ignore */ new URL('playground.js', folder).href)) as Bindings;
  } catch (error) {
    await module;
    throw new MissingModule(String(error));
  }
  await bindings.default({ module_or_path: await module });
  return new bindings.Laboratory();
}

interface AdapterLike {
  info?: { vendor?: string; architecture?: string; device?: string; description?: string; isFallbackAdapter?: boolean };
  isFallbackAdapter?: boolean;
}
interface GpuLike {
  requestAdapter(options?: { powerPreference?: string }): Promise<AdapterLike | null>;
}

/** Asks for the GPU and says why there is none. */
export async function askForDevice(laboratory: Laboratory, allowed: boolean): Promise<DeviceReport> {
  const none = (note: string): DeviceReport => ({ available: false, name: '', software: false, note });
  if (!allowed) return none('WebGPU is turned off for this page.');
  const gpu = (navigator as unknown as { gpu?: GpuLike }).gpu;
  if (gpu === undefined) return none('This browser offers no WebGPU here.');
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null) return none('No graphics adapter answers.');
    const { vendor = '', architecture = '', device = '', description = '' } = adapter.info ?? {};
    const isFallbackAdapter = adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false;
    return await laboratory.requestDevice(JSON.stringify({ vendor, architecture, device, description, isFallbackAdapter }));
  } catch (error) {
    return none(`The graphics device did not start: ${messageOf(error)}`);
  }
}

/** The words of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
