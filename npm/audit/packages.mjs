// Packages with extension modules, installed into a Pyodide, imported and audited. Licence: MIT OR Apache-2.0.

import { audit } from './audit.mjs';
import { explain } from './explain.mjs';
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
 * @property {Finding[]} likely What of its package can have trapped, if it is fatal.
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
 * @property {number} unknown How many could not be, as in `Report`.
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
 *   in it, and its garbage collector is off.
 * @param {Given[]} given
 * @param {PackagesOptions} [options]
 * @returns {Promise<PackagesReport>} what is wrong with a package is in its report; rejects if `load` does, or returns the same again
 */
export async function auditPackages(load, given, options = {}) {
  check(given, options);
  const { 'progress': progress = () => {} } = options;
  /** Imports that ended an interpreter, by module. @type {Map<string, FailedImport>} */
  const fatal = new Map();
  const used = new Set();
  for (;;) {
    progress('starting Pyodide');
    const pyodide = await load();
    if (used.has(pyodide)) {
      const [last] = [...fatal.keys()].reverse();
      throw new Error(
        `pyem-trampoline: the import of ${last} has ended this Pyodide: load has to return a new one at each call`,
      );
    }
    used.add(pyodide);
    const installed = await importAll(pyodide, given, fatal, progress);
    if (installed) {
      progress('auditing');
      return audited(pyodide, installed);
    }
  }
}

/** @param {Given[]} given @param {PackagesOptions} options */
function check(given, options) {
  const other = Object.keys(options).find((name) => name !== 'progress');
  if (other !== undefined) throw new Error(`pyem-trampoline: unknown option '${other}': there is progress`);
  const isGiven = (/** @type {Given} */ { 'name': name, 'wheel': wheel, 'files': files }) =>
    typeof name === 'string' && (wheel ? [wheel] : Object.values(files ?? { 'none': null })).every(ArrayBuffer.isView);
  if (!Array.isArray(given) || !given.every((each) => each && isGiven(each))) {
    throw new Error(
      'pyem-trampoline: packages is no array of { name, wheel } and { name, files } with the bytes as Uint8Array',
    );
  }
}

/**
 * @typedef {object} Imported all packages before the audit
 * @property {Omit<PackageReport, 'findings' | 'text'>[]} reports
 * @property {(finding: Finding) => number} ownerOf The index of the package that a finding is in, or -1.
 */

/**
 * Returns nothing if an import ended the interpreter: `fatal` then has one more.
 *
 * @param {any} pyodide
 * @param {Given[]} given
 * @param {Map<string, FailedImport>} fatal
 * @param {(step: string) => void} progress
 * @returns {Promise<Imported | undefined>}
 */
async function importAll(pyodide, given, fatal, progress) {
  const site = siteOf(pyodide);
  const installed = given.map((each, owner) => {
    progress(`installing ${each['name']}`);
    return site.install(owner, each);
  });
  for (const module of fatal.keys()) site.block(module);
  const all = new Set(installed.flatMap(({ modules = [] }) => modules));
  const ownerOf = (/** @type {Finding} */ finding) => owner(finding, site, installed);
  const reports = [];
  for (const [index, { name, version, error, modules = [] }] of installed.entries()) {
    const givenName = given[index]?.['name'] ?? '';
    /** @type {string[]} */
    const imported = [];
    /** @type {FailedImport[]} */
    const failed = [];
    for (const module of modules) {
      const before = fatal.get(module);
      if (before) {
        failed.push(before);
        continue;
      }
      progress(`importing ${module}`);
      try {
        const wrong = site.import(module);
        if (wrong === undefined) imported.push(module);
        else failed.push({ 'module': module, 'error': wrong, 'fatal': false, 'likely': [] });
      } catch (thrown) {
        const ended = site.ended();
        const culprit = ended !== undefined && all.has(ended) && !fatal.has(ended) ? ended : module;
        const { findings } = await explain(thrown, pyodide);
        const own = installed.findIndex(({ modules = [] }) => modules.includes(culprit));
        const likely = findings.filter((finding) => ownerOf(finding) === own);
        fatal.set(culprit, { 'module': culprit, 'error': `${thrown}`, 'fatal': true, 'likely': likely });
        return undefined;
      }
    }
    reports.push({
      'given': givenName,
      'package': name ?? givenName,
      'version': version ?? null,
      'error': error,
      'modules': imported,
      'failed': failed,
    });
  }
  return { reports, ownerOf };
}

/**
 * @param {any} pyodide
 * @param {Imported} imported
 * @returns {Promise<PackagesReport>}
 */
async function audited(pyodide, { reports, ownerOf }) {
  const { checked, unknown, python, findings, text } = await audit(pyodide, { 'all': true });
  // A line for each finding, in their order.
  const [head = '', ...lines] = text.split('\n');
  const owners = findings.map(ownerOf);
  const packages = reports.map((report, index) => {
    const own = findings.filter((_, at) => owners[at] === index);
    const rows = lines.filter((_, at) => owners[at] === index);
    const full = { ...report, 'findings': own };
    return { ...full, 'text': packageText(full, own.length > 0 ? [head, ...rows] : []) };
  });
  const about = { 'python': python, 'checked': checked, 'unknown': unknown };
  return { ...about, 'packages': packages, 'text': packagesText(packages, unknown) };
}

/**
 * The package whose extension has the function; for what is no function of any the one that has the module. Modules
 * that are loaded while another is may be nested: the innermost counts.
 *
 * @param {Finding} finding
 * @param {{ ranges: import('./site-packages.mjs').Range[], standard: string[] }} site
 * @param {import('./site-packages.mjs').Installed[]} packages
 */
function owner({ 'tableSlot': slot, 'module': module, 'declared': declared }, { ranges, standard }, packages) {
  const around = ranges.filter(([, first, end]) => declared && first <= slot && slot < end);
  const [innermost] = around.sort(([, a, b], [, c, d]) => b - a - (d - c));
  if (innermost) return innermost[0];
  const [top = ''] = module.split('.');
  const named = packages.findIndex(({ tops = [] }) => tops.includes(top));
  if (named >= 0 || standard.includes(top)) return named;
  // A type calls itself what it likes. It is not lost: if no package has such a module, the first with any has it.
  const ending = packages.findIndex(({ modules = [] }) => modules.some((each) => each.endsWith(`.${module}`)));
  return ending >= 0 ? ending : packages.findIndex(({ modules = [] }) => modules.length > 0);
}
