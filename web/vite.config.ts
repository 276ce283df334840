// The site's root is the repository's root, where index.html stands; the built site goes to dist/ beside it.
// Both paths are relative to this file, so that the build works from any checkout, and `base: './'` makes the
// site work from any path of any host. The wasm modules are not bundled: they are fetched at run time from
// pkg/light/, pkg/whole/ and pkg/full/ beside index.html (in development from web/pkg/).
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The content security policy is for the built site; the development server needs its own socket and scripts. */
const withoutPolicyWhileDeveloping: Plugin = {
  name: 'without-policy-while-developing',
  apply: 'serve',
  transformIndexHtml: (html) => html.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, ''),
};

export default defineConfig(({ mode }) => ({
  root: here('..'),
  base: './',
  publicDir: false,
  cacheDir: here('node_modules/.vite'),
  plugins: [withoutPolicyWhileDeveloping],
  worker: { format: 'es' },
  server: { host: '127.0.0.1', port: 8081, fs: { allow: [here('.'), here('../index.html')] } },
  build: {
    target: 'es2022',
    // `rehearsal` builds the page on the stand-in laboratory of test/, for looking at it without the wasm module.
    outDir: mode === 'rehearsal' ? here('node_modules/.rehearsal') : here('../dist'),
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: { input: here('../index.html') },
  },
}));
