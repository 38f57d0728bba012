/**
 * The bundlers, each used as its manual's first page says.
 */

import { createRequire } from 'node:module';
import path from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import webpack from 'webpack';

const versionOf = (/** @type {string} */ name) => createRequire(import.meta.url)(`${name}/package.json`).version;

/**
 * @typedef {object} Bundler
 * @property {string} name with its version
 * @property {(root: string, out: string) => Promise<unknown>} build makes main.js in `out` of the one in `root`
 */

/** @type {Bundler[]} */
export const BUNDLERS = [
  { name: `webpack ${versionOf('webpack')}`, build: byWebpack },
  { name: `Rollup ${versionOf('rollup')}`, build: byRollup },
  { name: `esbuild ${versionOf('esbuild')}, as a module`, build: (root, out) => byEsbuild(root, out, 'esm') },
  { name: `esbuild ${versionOf('esbuild')}, as a classic script`, build: (root, out) => byEsbuild(root, out, 'iife') }, // there is no import.meta
];

/** @param {string} root @param {string} out */
function byWebpack(root, out) {
  const compiler = webpack({ mode: 'production', context: root, entry: './main.js', output: { path: out, filename: 'main.js' } });
  return new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      if (error || stats?.hasErrors()) reject(error ?? new Error(stats.toString('errors-only')));
      else compiler.close(resolve);
    });
  });
}

/** @param {string} root @param {string} out */
async function byRollup(root, out) {
  const bundle = await rollup({ input: path.join(root, 'main.js'), plugins: [nodeResolve({ browser: true })] });
  await bundle.write({ file: path.join(out, 'main.js'), format: 'es' });
  await bundle.close();
}

/** @param {string} root @param {string} out @param {'esm' | 'iife'} format */
function byEsbuild(root, out, format) {
  return esbuild.build({ entryPoints: [path.join(root, 'main.js')], bundle: true, minify: true, format, outfile: path.join(out, 'main.js'), logLevel: 'silent' });
}
