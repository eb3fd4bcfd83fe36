import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env.PLUMA_URL ?? 'http://localhost:8000';

export default defineConfig({
  // Relative addresses let the same build work at `/` and behind a path prefix.
  base: './',
  plugins: [react()],
  build: {
    assetsInlineLimit: 0,
    // Every browser this build targets preloads modules by itself.
    modulePreload: { polyfill: false },
    // Monaco is one large chunk, fetched after the page is up.
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      onwarn(warning, report) {
        // GraphiQL's files are marked for the React compiler, which has run already.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') report(warning);
      },
    },
  },
  worker: { format: 'es' },
  server: { proxy: { '/graphql': { target: server, ws: true, changeOrigin: true } } },
  test: { include: ['src/**/*.test.ts'] },
});
