// Builds the page of benchmarks, whose modules are laid beside it under pkg/simd/ and pkg/scalar/.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  publicDir: false,
  cacheDir: fileURLToPath(new URL('../node_modules/.vite-bench', import.meta.url)),
  build: { target: 'es2022', emptyOutDir: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 4096, modulePreload: { polyfill: false } },
});
