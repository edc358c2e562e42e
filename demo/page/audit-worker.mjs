// The worker of the view "Audit": a Pyodide as it comes from npm, and the audit of what is imported there.

import { audit, auditPackages, repair } from './audit/index.mjs';
import { serve } from './calls.mjs';
import importLibrary from './import-library.py';
import { loadStock } from './pyodide-loader.mjs';

/** @typedef {import('./audit/index.mjs').Finding} Finding */

/** @typedef {import('./assets.mjs').Manifest['pyodide']} Stock */

/**
 * What came of a wheel, or of the standard library.
 *
 * @typedef {object} Package
 * @property {string} name
 * @property {string} text what was imported, and what was not
 * @property {boolean} failed whether anything was not
 * @property {number} modules how many were imported
 * @property {Finding[]} findings
 */

/** @typedef {{ python: string, checked: number, packages: Package[] }} Audit */

/** @type {any} */
let pyodide;
/** Of the audit. @type {Finding[]} */
let found = [];
/** @type {import('./audit/index.mjs').Repair | undefined} */
let repaired;

/** @param {Stock} stock @returns {Promise<Audit>} */
async function auditLibrary(stock) {
  pyodide = await loadStock(stock);
  postMessage({ step: 'importing the standard library' });
  /** @type {[number, number]} */
  const [modules, failed] = JSON.parse(pyodide.runPython(importLibrary));
  const { python, checked, findings } = await audit(pyodide, { all: true });
  found = findings;
  const text = `imported ${modules} modules (${failed} cannot be imported in Pyodide)`;
  return {
    python,
    checked,
    packages: [{ name: 'The standard library', text, failed: false, modules, findings }],
  };
}

/** @param {import('./audit/index.mjs').PackageReport} report @returns {Package} */
function packageOf({ given, package: name, version, error, modules, failed, findings }) {
  if (error !== null) return { name: given, text: error, failed: true, modules: 0, findings: [] };
  const failures = failed.map((each) => `${each.module} was not imported: ${each.error}`);
  const imported = modules.length > 0 ? [`imported ${modules.join(', ')}`] : [];
  const text = [...imported, ...failures].join('; ') || 'it is pure Python: it has no C functions';
  return {
    name: version === null ? name : `${name} ${version}`,
    text,
    failed: failed.length > 0,
    modules: modules.length,
    findings,
  };
}

/** @param {Stock} stock @param {File[]} files @returns {Promise<Audit>} */
async function auditWheels(stock, files) {
  const given = await Promise.all(
    files.map(async (file) => {
      // What cannot be read, such as a folder, is no wheel.
      const content = await file.arrayBuffer().catch(() => new ArrayBuffer());
      return { name: file.name, wheel: new Uint8Array(content) };
    }),
  );
  const load = async () => {
    pyodide = await loadStock(stock);
    return pyodide;
  };
  const { python, checked, packages } = await auditPackages(load, given, {
    progress: (step) => postMessage({ step }),
  });
  found = packages.flatMap(({ findings }) => findings);
  return { python, checked, packages: packages.map(packageOf) };
}

/** @returns {Promise<boolean[]>} of each finding whether another audit does not find it */
async function look() {
  const { findings } = await audit(pyodide, { all: true });
  /** @param {Finding} finding */
  const key = ({ module, name, slot, tableSlot }) => `${module} ${name} ${slot} ${tableSlot}`;
  const now = new Set(findings.map(key));
  return found.map((each) => !now.has(key(each)));
}

serve({
  auditLibrary,
  auditWheels,
  /** Mends what can be mended, and audits again. */
  async repair() {
    repaired = await repair(pyodide, found);
    return look();
  },
  /** Puts back what was mended, and audits again. */
  undo() {
    repaired?.undo();
    return look();
  },
});
