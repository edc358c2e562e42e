// Packages with extension modules, installed into a Pyodide, imported and audited. Licence: MIT OR Apache-2.0.

import { audit } from './audit.mjs';
import { packagesText, packageText } from './packages-text.mjs';
import { siteOf } from './site-packages.mjs';

/** @typedef {import('./audit.mjs').Finding} Finding */

/**
 * @typedef {object} Given a wheel, or an unpacked package
 * @property {string} name Of the wheel's file, or of the folder: what errors call it.
 * @property {Uint8Array} [wheel] All of the wheel.
 * @property {Record<string, Uint8Array>} [files] Of an unpacked package, by their paths in site-packages: `a/b.so`.
 */

/**
 * @typedef {object} FailedImport
 * @property {string} module
 * @property {string} error
 * @property {boolean} fatal Whether the interpreter did not survive it.
 */

/**
 * @typedef {object} PackageReport
 * @property {string} given The name as it was given.
 * @property {string} package Its own name.
 * @property {string | null} version
 * @property {string | null} error Why it was not installed.
 * @property {string[]} modules The extension modules that were imported.
 * @property {FailedImport[]} failed Those that were not.
 * @property {Finding[]} findings What is wrong in it, the worst first, with all that the trampoline handles.
 * @property {string} text The same for people.
 */

/**
 * @typedef {object} PackagesReport
 * @property {string} python CPython's version.
 * @property {number} checked How many function pointers were compared, with those of the interpreter itself.
 * @property {PackageReport[]} packages In the order in which they were given.
 * @property {string} text All of it for people, and how each kind is mended.
 */

/**
 * @typedef {object} PackagesOptions
 * @property {(step: string) => void} [progress] Called before each step that may take long.
 */

/**
 * Installs packages into one Pyodide, so that they can import each other, imports every extension module in them, and
 * audits what is then alive. An import that fails is reported, and the others go on; after one that ends the
 * interpreter they go on in another.
 *
 * @param {() => any} load Returns what `loadPyodide` returns, a new one at each call. It is used up: the packages stay
 *   in it.
 * @param {Given[]} given
 * @param {PackagesOptions} [options]
 * @returns {Promise<PackagesReport>}
 */
export async function auditPackages(load, given, { 'progress': progress = () => {} } = {}) {
  /** Modules whose import ended an interpreter, with the error. @type {Map<string, string>} */
  const fatal = new Map();
  const used = new Set();
  for (;;) {
    progress('starting Pyodide');
    const pyodide = await load();
    if (used.has(pyodide)) {
      throw new Error(
        `pyem-trampoline: the import of ${[...fatal.keys()].at(-1)} has ended this Pyodide: load has to return a new one at each call`,
      );
    }
    used.add(pyodide);
    const reports = importAll(siteOf(pyodide), given, fatal, progress);
    if (reports) return audited(pyodide, reports, progress);
  }
}

/**
 * @typedef {object} Imported a package's report before the audit
 * @property {Omit<PackageReport, 'findings' | 'text'>} report
 * @property {string[]} tops
 * @property {() => [number, number, number][]} ranges
 */

/**
 * Returns nothing if an import ended the interpreter: `fatal` then has one more.
 *
 * @param {ReturnType<typeof siteOf>} site
 * @param {Given[]} given
 * @param {Map<string, string>} fatal
 * @param {(step: string) => void} progress
 * @returns {Imported[] | undefined}
 */
function importAll(site, given, fatal, progress) {
  const installed = given.map((each, owner) => {
    progress(`installing ${each['name']}`);
    return site.install(owner, each);
  });
  const all = [];
  for (const [owner, { name, version, error, modules = [], tops = [] }] of installed.entries()) {
    const givenName = given[owner]?.['name'] ?? '';
    /** @type {string[]} */
    const imported = [];
    /** @type {FailedImport[]} */
    const failed = [];
    for (const module of modules) {
      let wrong = fatal.get(module);
      if (wrong === undefined) {
        progress(`importing ${module}`);
        try {
          wrong = site.import(module);
        } catch (thrown) {
          fatal.set(module, `${thrown}`);
          return undefined;
        }
      }
      if (wrong === undefined) imported.push(module);
      else failed.push({ 'module': module, 'error': wrong, 'fatal': fatal.has(module) });
    }
    const report = {
      'given': givenName,
      'package': name ?? givenName,
      'version': version ?? null,
      'error': error,
      'modules': imported,
      'failed': failed,
    };
    all.push({ report, tops, ranges: () => site.ranges() });
  }
  return all;
}

/**
 * @param {any} pyodide
 * @param {Imported[]} imported
 * @param {(step: string) => void} progress
 * @returns {Promise<PackagesReport>}
 */
async function audited(pyodide, imported, progress) {
  progress('auditing');
  const ranges = imported[0]?.ranges() ?? [];
  const { checked, python, findings, text } = await audit(pyodide, { 'all': true });
  // A line for each finding, in their order.
  const [head = '', ...lines] = text.split('\n');
  const owners = findings.map((finding) => ownerOf(finding, ranges, imported));
  const packages = imported.map(({ report }, owner) => {
    const own = findings.filter((_, index) => owners[index] === owner);
    const rows = lines.filter((_, index) => owners[index] === owner);
    const full = { ...report, 'findings': own };
    return { ...full, 'text': packageText(full, own.length > 0 ? [head, ...rows] : []) };
  });
  return { 'python': python, 'checked': checked, 'packages': packages, 'text': packagesText(packages) };
}

/**
 * The package whose extension has the function; for what is no function of any the one that has the module. Modules
 * that are loaded while another is may be nested: the innermost counts.
 *
 * @param {Finding} finding
 * @param {[number, number, number][]} ranges
 * @param {Imported[]} imported
 */
function ownerOf({ 'tableSlot': slot, 'module': module, 'declared': declared }, ranges, imported) {
  const around = ranges.filter(([, first, end]) => declared && first <= slot && slot < end);
  const [innermost] = around.sort(([, a, b], [, c, d]) => b - a - (d - c));
  if (innermost) return innermost[0];
  const [top = ''] = module.split('.');
  return imported.findIndex(({ tops }) => tops.includes(top));
}
