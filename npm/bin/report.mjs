// How the command reports: text or JSON on standard output, and an exit status. Licence: MIT OR Apache-2.0.

import { allFindings, packagesText } from '../audit/packages-text.mjs';

/** @typedef {import('../audit/packages.mjs').PackageReport} PackageReport */

/** What `--fail-on` takes, the worst first: each includes those before it. */
export const VERDICTS = ['traps', 'refused', 'handled'];

/**
 * Writes the report, and returns the exit status: 1 for what `failOn` names, 2 for a package that could not be read and
 * where there was nothing to audit, 3 for a module that could not be imported.
 *
 * @param {Record<string, unknown> & { unknown?: number }} about the interpreter, and how many pointers were compared
 * @param {PackageReport[]} packages
 * @param {{ json: boolean, failOn: string }} options
 */
export function write(about, packages, { json, failOn }) {
  if (json) {
    const shown = packages.map(({ text, ...each }) => each);
    process.stdout.write(`${JSON.stringify({ ...about, packages: shown }, null, 2)}\n`);
  } else {
    process.stdout.write(packagesText(packages, about.unknown ?? 0));
  }
  const failing = VERDICTS.slice(0, VERDICTS.indexOf(failOn) + 1);
  if (packages.flatMap(allFindings).some(({ verdict }) => failing.includes(verdict))) return 1;
  if (packages.some(({ error }) => error !== null)) return 2;
  if (packages.every(({ modules, failed }) => modules.length + failed.length === 0)) {
    process.stderr.write('pyem-trampoline: nothing was audited: no package has an extension module\n');
    return 2;
  }
  return packages.some(({ failed }) => failed.length > 0) ? 3 : 0;
}
