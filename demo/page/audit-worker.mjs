// The worker of the view "Audit": a Pyodide as it comes from npm, and the audit of what is imported there.

import { audit, repair } from './audit/index.mjs';
import { serve } from './calls.mjs';
import importLibrary from './import-library.py';
import { loadStock } from './pyodide-loader.mjs';

/** @typedef {import('./audit/index.mjs').Finding} Finding */

/**
 * What came of a wheel, or of the standard library.
 *
 * @typedef {object} Package
 * @property {string} name
 * @property {string} text what was imported, or why nothing was
 * @property {boolean} failed
 */

/** @typedef {{ python: string, checked: number, findings: Finding[] }} Audit */

/** @type {any} */
let pyodide;
/** Whose findings are wanted; all if it is empty. @type {string[]} */
let modules = [];
/** Of the last audit. @type {Finding[]} */
let found = [];
/** @type {import('./audit/index.mjs').Repair | undefined} */
let repaired;

/** @param {import('./assets.mjs').Manifest['pyodide']} stock */
async function open(stock) {
  pyodide = await loadStock(stock);
}

/** @returns {Promise<Audit>} */
async function look() {
  const { python, checked, findings } = await audit(pyodide, { modules, all: true });
  found = findings;
  return { python, checked, findings };
}

/** @returns {Promise<Audit & { packages: Package[] }>} */
async function auditLibrary() {
  modules = [];
  /** @type {[number, Record<string, string>]} */
  const [imported, failed] = JSON.parse(pyodide.runPython(importLibrary));
  const missing = Object.keys(failed).join(', ');
  const text = missing ? `${imported} modules were imported, not ${missing}` : `${imported} modules were imported`;
  return { ...(await look()), packages: [{ name: 'The standard library', text, failed: false }] };
}

serve({
  open,
  auditLibrary,
  /** Mends what can be mended, and audits again. */
  async repair() {
    repaired = await repair(pyodide, found);
    return look();
  },
  /** Puts back what was mended, and audits again. */
  async undo() {
    repaired?.undo();
    return look();
  },
});
