#!/usr/bin/env node
// `pyem-trampoline audit`: C functions of wheels that CPython calls with another type than they have. Licence: MIT OR
// Apache-2.0.

import { parseArgs } from 'node:util';
import { auditPackages } from '../audit/packages.mjs';
import { packageText } from '../audit/packages-text.mjs';
import { pyodideOf } from '../audit/site-packages.mjs';
import { readGiven } from './given.mjs';
import { VERDICTS, write } from './report.mjs';
import { stockPyodide } from './stock.mjs';

/** @typedef {import('../audit/packages.mjs').PackageReport} PackageReport */

const USAGE = `pyem-trampoline audit WHEEL_OR_FOLDER… [--pyodide VERSION_OR_FOLDER] [--json] [--fail-on traps|refused|handled]

Installs the wheels into the Pyodide that is installed here, imports every extension module in them, and lists the C
functions that CPython calls with another type than they have. Wheels that are given together can import each other.

  WHEEL_OR_FOLDER  a wheel, a folder of wheels, or a folder with an unpacked package
  --pyodide        a version that is installed here, or the folder of one
  --json           the report as JSON
  --fail-on        the least verdict that fails: what traps, what is refused (SystemError) as well, which is the
                   default, or also what the trampoline handles

Exit status: 0 nothing that --fail-on names; 1 something; 2 wrong arguments, or a package that could not be read;
3 nothing, but an extension module could not be imported.
`;

/** @param {string} message @returns {never} */
function refuse(message) {
  process.stderr.write(`pyem-trampoline: ${message.replace(/^pyem-trampoline: /, '')}\n`);
  process.exit(2);
}

/** The command line, checked. */
function commandLine() {
  let parsed;
  try {
    parsed = parseArgs({
      'allowPositionals': true,
      'options': {
        'pyodide': { 'type': 'string' },
        'json': { 'type': 'boolean', 'default': false },
        'fail-on': { 'type': 'string', 'default': 'refused' },
        'help': { 'type': 'boolean', 'short': 'h', 'default': false },
      },
    });
  } catch (error) {
    return refuse(`${/** @type {Error} */ (error).message}\n\n${USAGE}`);
  }
  const { values, positionals } = parsed;
  const [command, ...paths] = positionals;
  if (values.help || (command === undefined && process.argv.length < 3)) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  if (command !== 'audit') refuse(`unknown command ${command}: there is audit\n\n${USAGE}`);
  if (paths.length === 0) refuse(`name at least one wheel or folder\n\n${USAGE}`);
  const failOn = values['fail-on'];
  if (!VERDICTS.includes(failOn)) refuse(`--fail-on ${failOn}: there are ${VERDICTS.join(', ')}`);
  return { paths, pyodide: values.pyodide, json: values.json, failOn };
}

/** One line that changes in a terminal, lines elsewhere. @param {string} step */
function progress(step) {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${step} ` : `${step}\n`);
}

/** A package that was not even read. @param {string} path @param {string} error @returns {PackageReport} */
function unread(path, error) {
  const report = {
    'given': path,
    'package': path,
    'version': null,
    'error': error,
    'modules': [],
    'failed': [],
    'findings': [],
  };
  return { ...report, 'text': packageText(report, []) };
}

const { paths, pyodide: wanted, json, failOn } = commandLine();
const given = [];
/** @type {PackageReport[]} */
const packages = [];
for (const path of paths) {
  try {
    given.push(...readGiven(path));
  } catch (error) {
    packages.push(unread(path, /** @type {Error} */ (error).message));
  }
}

let about = {};
if (given.length > 0) {
  const minor = given.map(({ name }) => /-cp3(1[1-9])-/.exec(name)?.[1]).find(Boolean);
  const { version, load } = await stockPyodide(wanted, pyodideOf(Number(minor ?? 14))).catch((error) =>
    refuse(error.message),
  );
  const report = await auditPackages(load, given, { progress })
    .finally(() => process.stderr.isTTY && process.stderr.write('\r\x1b[K'))
    .catch((error) => refuse(error.message));
  packages.unshift(...report.packages);
  const { python, checked, unknown } = report;
  about = { 'pyodide': version, python, checked, unknown };
  if (!json) process.stdout.write(`Pyodide ${version}, CPython ${python}\n\n`);
}
process.exitCode = write(about, packages, { json, failOn });
