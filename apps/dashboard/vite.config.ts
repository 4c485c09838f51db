import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { mockApi } from './mock/api.js';

/** Texts below this many bytes gain nothing by compression. */
const WORTH_COMPRESSING = 1024;

/** Writes what the api serves to browsers that take brotli, so that it compresses nothing itself. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  // When all is written: before, Vite still puts the names of the files that belong together into them.
  writeBundle({ dir = '' }, bundle) {
    for (const fileName of Object.keys(bundle)) {
      const file = path.join(dir, fileName);
      const source = readFileSync(file);
      if (source.length < WORTH_COMPRESSING || !/\.(js|css)$/.test(fileName)) continue;
      // Quality 9 takes a tenth of the time of 11, for some 3 % more bytes.
      writeFileSync(`${file}.br`, brotliCompressSync(source, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
    }
  },
};

/** `vite --mode mock` answers the api's requests by fixtures; without it they go to a cloud on this machine. */
export default defineConfig(({ mode }) => ({
  root: import.meta.dirname,
  base: '/dashboard/',
  plugins: [react(), compressed, ...(mode === 'mock' ? [mockApi()] : [])],
  build: {
    outDir: '../../dist/dashboard',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    target: 'es2023',
  },
}));
