// Performs what the address says, ?{"version":…,"task":…,"expected":…}: `lives` here and in a worker, others in a worker.

import { browser, inWorker } from './browser.mjs';
import { perform } from './tasks.mjs';

const output = /** @type {HTMLElement} */ (document.getElementById('output'));
const show = (/** @type {string} */ text) => {
  output.textContent = text;
};
const order = JSON.parse(decodeURIComponent(location.search.slice(1)));
try {
  if (order.task === 'lives') show(await perform(await browser(order.version), order.task, order.expected));
  else await inWorker(order, show);
} catch (error) {
  show(`wrong: ${error} ${Object(error).stack}`);
}
