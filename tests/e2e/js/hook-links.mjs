// node hook-links.mjs FILE PATH: hook_host.c in links whose glue code is no function. Prints JSON.
//
// FILE is host.mjs of -sMODULARIZE=instance, or host.js, a classic script that is evaluated three times in one page.
// (Two script elements would collide in emscripten's own `class ExitStatus`.)

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** @typedef {Record<string, any>} Host */

const [file = '', forced = ''] = process.argv.slice(2);

/** @param {Host} host @param {Host} functions @param {number} value */
function tryOut({ pyemTrampoline }, functions, value) {
  const { _host_call, _host_function, _host_early, addFunction } = functions;
  const slot = addFunction((/** @type {number} */ a) => a + value, 'ii');
  const calls = [0, 1, 2, 3, 4].map((n) => _host_call(_host_function(n), 1, 2, 3));
  return { path: pyemTrampoline['path'], early: _host_early(), calls: [...calls, _host_call(slot, 1, 2, 3)] };
}

async function instance() {
  const functions = await import(pathToFileURL(file).href);
  /** @type {Host} */
  let host = {};
  await functions.default({
    pyemTrampolineOptions: { path: forced },
    preRun: (/** @type {Host} */ module) => {
      host = module;
    },
  });
  return tryOut(host, functions, 5);
}

/** @param {Host} host the script's `Module` */
async function classic(host) {
  const folder = path.dirname(path.resolve(file));
  await new Promise((resolve, reject) => {
    const onAbort = reject;
    Object.assign(host, { onRuntimeInitialized: resolve, onAbort });
    Object.assign(globalThis, { require: createRequire(file), __dirname: folder, __filename: file, Module: host });
    // Its variables become globals only if the call of `eval` is indirect.
    // biome-ignore lint/security/noGlobalEval: pages that fetch a script do so
    const evaluate = globalThis.eval;
    evaluate(fs.readFileSync(file, 'utf8'));
  });
  return tryOut(host, host, 5);
}

async function scripts() {
  const one = { pyemTrampolineOptions: { path: forced } };
  const results = [await classic(one)];
  // As a page may, with the first one's `Module`, then with another that takes another path.
  results.push(await classic(one));
  results.push(await classic({ pyemTrampolineOptions: {} }));
  return results;
}

process.stdout.write(JSON.stringify(await (file.endsWith('.mjs') ? instance() : scripts())));
