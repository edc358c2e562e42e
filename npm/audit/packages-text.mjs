// What an audit of packages says to people. Licence: MIT OR Apache-2.0.

/** @typedef {import('./audit.mjs').Finding} Finding */
/** @typedef {import('./packages.mjs').PackageReport} PackageReport */

/**
 * A package's name, what could be imported, and its rows of the table.
 *
 * @param {Omit<PackageReport, 'text'>} report
 * @param {string[]} table its head, and a line for each finding; nothing without findings
 */
export function packageText(report, table) {
  const { 'package': name, 'version': version, 'error': error, 'failed': failed } = report;
  const title = version === null ? name : `${name} ${version}`;
  if (error !== null) return `${title}: ${error}\n`;
  const failures = failed.flatMap(({ 'module': module, 'error': why, 'fatal': fatal, 'likely': likely }) => [
    `not imported: ${module}: ${why}${fatal ? ' (Python did not survive it)' : ''}`,
    ...likely.map(
      (each) => `  it may have been ${[each['module'], each['name']].filter(Boolean).join('.')}, ${each['slot']}`,
    ),
  ]);
  return [`${title}: ${stateOf(report)}`, ...failures, ...table, ''].join('\n');
}

/** More modules are counted. */
const MOST_NAMED = 20;

/** @param {Omit<PackageReport, 'text'>} report */
function stateOf({ 'modules': modules, 'failed': failed, 'findings': findings }) {
  if (modules.length === 0) return failed.length > 0 ? 'nothing was imported' : 'no extension modules';
  const counts = ['traps', 'refused', 'handled'].map((verdict) => {
    const count = findings.filter((each) => each['verdict'] === verdict).length;
    return count > 0 ? `${count} ${verdict}` : '';
  });
  const found = counts.filter(Boolean).join(', ');
  const names = modules.length > MOST_NAMED ? `${modules.length} modules` : modules.join(', ');
  return `${names}: ${found || 'all functions have their types'}`;
}

/** What is wrong in a package, with what may have ended an import. @param {PackageReport} report */
export function allFindings({ 'findings': findings, 'failed': failed }) {
  return [...findings, ...failed.flatMap((each) => each['likely'])];
}

/**
 * All packages, and how each kind of slot that is wrong in them is mended.
 *
 * @param {PackageReport[]} packages
 * @param {number} unknown how many function pointers could not be compared
 */
export function packagesText(packages, unknown) {
  const findings = packages.flatMap(allFindings);
  const kinds = new Map(findings.map((each) => [each['slot'], each['advice']]));
  const advice = [...kinds].map(
    ([slot, { 'c': c, 'cython': cython, 'pybind11': pybind11 }]) =>
      `${slot} has to be\n  C         ${c}\n  Cython    ${cython}\n  pybind11  ${pybind11}\n`,
  );
  const left = unknown > 0 ? [`${unknown} function pointers could not be compared\n`] : [];
  return [...packages.map((each) => each['text']), ...left, ...advice].join('\n');
}
