// node packages.mjs PYODIDE-FOLDER PACKAGES.JSON: audits packages, and prints what it says of each, as a list in JSON.

import { auditPackages } from '../../../npm/audit/index.mjs';
import { readPackages, start } from './packages-given.mjs';

const [folder = '', list = ''] = process.argv.slice(2);
const { packages } = await auditPackages(() => start(folder), readPackages(list));
const texts = packages.map(({ text }) => text.replace(/ +$/gm, ''));
process.stdout.write(`right: ${JSON.stringify(texts)}\n`);
