// What the scripts that audit packages share.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

// Node itself quotes the line that threw, which is all of Pyodide.
process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});

/** A wheel's file, or files by their paths in site-packages. @typedef {{ name: string, wheel?: string, files?: Record<string, string> }} Package */

/**
 * The packages that a file of JSON lists, as `auditPackages` takes them.
 *
 * @param {string} list
 */
export function readPackages(list) {
  /** @type {Package[]} */
  const packages = JSON.parse(readFileSync(list, 'utf8'));
  return packages.map(({ name, wheel, files = {} }) =>
    wheel
      ? { name, wheel: read(wheel) }
      : { name, files: Object.fromEntries(Object.entries(files).map(([path, file]) => [path, read(file)])) },
  );
}

/** @param {string} file */
const read = (file) => new Uint8Array(readFileSync(file));

/** A new Pyodide. @param {string} folder */
export async function start(folder) {
  const { loadPyodide } = await import(pathToFileURL(resolve(folder, 'pyodide.mjs')).href);
  return loadPyodide({ indexURL: `${resolve(folder)}/` });
}
