// The Pyodide that is installed where the user is. Licence: MIT OR Apache-2.0.

import { Console } from 'node:console';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * A function that starts it, each time anew. It reads the folder, and nothing from the network.
 *
 * @param {string | undefined} wanted a folder, a version or the start of one; none for what `import 'pyodide'` finds
 * @param {string} hint the version that the wheels require, for the error
 * @returns {Promise<{ version: string, load: () => Promise<any> }>}
 */
export async function stockPyodide(wanted, hint) {
  const { folder, version } = isFolder(wanted) ? inFolder(wanted) : installed(wanted, hint);
  const { loadPyodide } = await import(pathToFileURL(join(folder, 'pyodide.mjs')).href);
  // Standard output is for the report, also where Python calls JavaScript's console.
  globalThis.console = new Console(process.stderr);
  const print = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);
  return { version, load: () => loadPyodide({ 'indexURL': join(folder, '/'), 'stdout': print, 'stderr': print }) };
}

/** @param {string | undefined} wanted @returns {wanted is string} */
function isFolder(wanted) {
  return wanted !== undefined && !/^\d+(\.\w+)*(-[\w.]+)?$/.test(wanted);
}

/** @param {string} wanted */
function inFolder(wanted) {
  const folder = resolve(wanted);
  const version = versionIn(folder);
  if (!version) throw new Error(`--pyodide: there is no Pyodide in ${wanted}: pyodide.mjs is missing`);
  return { folder, version };
}

/** The version of the Pyodide in a folder. @param {string} folder */
function versionIn(folder) {
  if (!existsSync(join(folder, 'pyodide.mjs'))) return undefined;
  const manifest = join(folder, 'package.json');
  return existsSync(manifest) ? `${JSON.parse(readFileSync(manifest, 'utf8')).version}` : 'of unknown version';
}

/** @param {string | undefined} wanted @param {string} hint */
function installed(wanted, hint) {
  const found = [];
  for (const start of [process.cwd(), dirname(fileURLToPath(import.meta.url))]) {
    for (let folder = start; ; folder = dirname(folder)) {
      const modules = join(folder, 'node_modules');
      // Aliases as well, such as of `npm install pyodide-314@npm:pyodide@314`.
      const names = existsSync(modules) ? readdirSync(modules).filter((name) => name.startsWith('pyodide')) : [];
      for (const name of names.sort()) {
        const version = versionIn(join(modules, name));
        if (version) found.push({ folder: join(modules, name), version });
      }
      if (folder === dirname(folder)) break;
    }
  }
  const fits = found.find(({ version }) => wanted === undefined || `${version}.`.startsWith(`${wanted}.`));
  if (fits) return fits;
  const others = [...new Set(found.map(({ version }) => version))].join(', ');
  throw new Error(
    `Pyodide ${wanted ?? ''}`.trim() +
      ` is not installed here${others && ` (only ${others})`}: npm install pyodide@${wanted ?? hint}, or name its folder by --pyodide`,
  );
}
