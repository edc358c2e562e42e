// What is done on each engine, by name.

import { everyPath } from './case.mjs';
import { suspends } from './jspi.mjs';
import { lives, packagesAfterwards, snapshots } from './lives.mjs';

/** @type {Record<string, (host: import('./case.mjs').Host, expect: any) => Promise<object>>} */
const TASKS = {
  everyPath,
  suspends,
  lives,
  snapshots,
  packagesAfterwards: async (host) => ({ pyodide: (await packagesAfterwards(host)).pyodide.version }),
};

/** @param {import('./case.mjs').Host} host @param {string} task @param {unknown} expect @returns {Promise<string>} */
export async function perform(host, task, expect) {
  const run = TASKS[task];
  if (!run) throw new Error(`no task ${task}`);
  return `right: ${JSON.stringify(await run(host, expect))}`;
}
