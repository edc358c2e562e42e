// node audit.mjs FOLDER OPTIONS: audits the interpreter in FOLDER. OPTIONS is JSON: { modules, json, failOn }, with the
// extension modules that are compiled in; without any, CPython itself with its whole standard library is audited.

import { audit } from '../../npm/audit/audit.mjs';
import { explain } from '../../npm/audit/explain.mjs';
import { packageText } from '../../npm/audit/packages-text.mjs';
import { write } from '../../npm/bin/report.mjs';
import { createPython } from './run.mjs';

/** @typedef {import('../../npm/audit/audit.mjs').Finding} Finding */
/** @typedef {import('../../npm/audit/packages.mjs').FailedImport} FailedImport */
/** @typedef {import('../../npm/audit/packages.mjs').PackageReport} PackageReport */

const FILE = '/pyem-import';
const IMPORT = `
def _pyem_import(name):
    import importlib, traceback
    try:
        importlib.import_module(name)
        error = ''
    except BaseException as caught:
        error = ''.join(traceback.format_exception_only(caught)).strip()
    with open('${FILE}', 'w', encoding='utf-8', errors='replace') as file:
        file.write(error)
def _pyem_library():
    import sys, warnings
    warnings.simplefilter('ignore')
    with open('${FILE}', 'w') as file:
        file.write(' '.join(sorted(sys.stdlib_module_names - {'antigravity', 'this'})))
import gc; gc.disable()
`;

/** @param {string} folder */
async function start(folder) {
  // Standard output is for the report.
  const print = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);
  const python = await createPython(folder, { noInitialRun: true, print });
  python['_python_start']();
  const run = (/** @type {string} */ source) => {
    if (python['ccall']('PyRun_SimpleString', 'number', ['string'], [source]) !== 0)
      throw new Error(`failed: ${source}`);
    return python['FS'].analyzePath(FILE).exists ? python['FS'].readFile(FILE, { encoding: 'utf8' }) : '';
  };
  run(IMPORT);
  return { python, run };
}

/** What a finding is known by in one interpreter. @param {Finding} finding */
function keyOf({ module, name, slot, tableSlot }) {
  return [module, name, slot, tableSlot].join(' ');
}

/**
 * Returns nothing if an import ended the interpreter: `fatal` then has one more.
 *
 * @param {string} folder
 * @param {Map<string, string[]>} packages their modules
 * @param {Map<string, FailedImport>} fatal
 */
async function auditAll(folder, packages, fatal) {
  const { python, run } = await start(folder);
  const library = new Set(run('_pyem_library()').split(' '));
  const itself = packages.size === 0;
  const known = new Set(itself ? [] : (await audit(python, { all: true })).findings.map(keyOf));
  /** @type {PackageReport[]} */
  const reports = [];
  let about = { python: '', checked: 0, unknown: 0 };
  /** @type {[string, string[]][]} */
  const wanted = itself ? [['CPython', [...library]]] : [...packages];
  for (const [name, modules] of wanted) {
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
      process.stderr.write(itself ? '' : `importing ${module}\n`);
      try {
        const error = run(`_pyem_import(${JSON.stringify(module)})`);
        if (error === '') imported.push(module);
        // A platform lacks some of the standard library.
        else if (!itself) failed.push({ module, error, fatal: false, likely: [] });
      } catch (thrown) {
        const { findings } = await explain(thrown, python);
        const likely = findings.filter((finding) => itself || !ofLibrary(finding, library));
        fatal.set(module, { module, error: `${thrown}`, fatal: true, likely });
        return undefined;
      }
    }
    const { findings, text, ...rest } = await audit(python, { all: true });
    about = rest;
    const [head = '', ...lines] = text.split('\n');
    // What is new is this package's, also where a type has a name without a module.
    const isOwn = findings.map((finding) => itself || (!known.has(keyOf(finding)) && !ofLibrary(finding, library)));
    const own = findings.filter((_, index) => isOwn[index]);
    const rows = lines.filter((_, index) => isOwn[index]);
    for (const finding of findings) known.add(keyOf(finding));
    const report = {
      given: name,
      package: name,
      version: itself ? rest.python : null,
      error: null,
      modules: imported,
      failed,
      findings: own,
    };
    reports.push({ ...report, text: packageText(report, own.length > 0 ? [head, ...rows] : []) });
  }
  return { about, packages: reports };
}

/** @param {Finding} finding @param {Set<string>} library */
function ofLibrary({ module }, library) {
  const [top = ''] = module.split('.');
  return top !== 'builtins' && library.has(top);
}

const [folder = '', options = '{}'] = process.argv.slice(2);
const { modules, json, failOn } = JSON.parse(options);
/** @type {Map<string, string[]>} */
const packages = new Map();
for (const module of modules) {
  const [top = ''] = module.split('.');
  packages.set(top, [...(packages.get(top) ?? []), module]);
}
/** @type {Map<string, FailedImport>} */
const fatal = new Map();
let report;
do report = await auditAll(folder, packages, fatal);
while (!report);
process.exitCode = write(report.about, report.packages, { json, failOn });
