// C functions that CPython calls with another type than they have: found, mended, explained. Licence: MIT OR Apache-2.0.

export { audit } from './audit.mjs';
export { explain } from './explain.mjs';
export { auditPackages } from './packages.mjs';
export { repair } from './repair.mjs';

/** @typedef {import('./audit.mjs').Finding} Finding */
/** @typedef {import('./audit.mjs').FunctionType} FunctionType */
/** @typedef {import('./audit.mjs').Options} Options */
/** @typedef {import('./audit.mjs').Report} Report */
/** @typedef {import('./audit.mjs').Verdict} Verdict */
/** @typedef {import('./explain.mjs').Explanation} Explanation */
/** @typedef {import('./packages.mjs').FailedImport} FailedImport */
/** @typedef {import('./packages.mjs').Given} Given */
/** @typedef {import('./packages.mjs').PackageReport} PackageReport */
/** @typedef {import('./packages.mjs').PackagesOptions} PackagesOptions */
/** @typedef {import('./packages.mjs').PackagesReport} PackagesReport */
/** @typedef {import('./repair.mjs').Repair} Repair */
