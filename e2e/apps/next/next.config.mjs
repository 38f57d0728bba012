import path from 'node:path';

/** The folder is run from e2e/apps/run/, so node_modules lies two above it. */
export default {
  turbopack: { root: path.join(import.meta.dirname, '..', '..') },
  allowedDevOrigins: ['127.0.0.1'],
};
