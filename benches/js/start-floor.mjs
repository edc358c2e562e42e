// The least that a restored start can be, in a worker: the module's instance, and the snapshot's pages in its memory.

import { copyPages, instantiate } from './floor.mjs';

addEventListener('message', ({ data: { module, snapshot, memorySize, runs, dataOffset } }) => {
  const ended = (/** @type {string} */ step) => performance.mark(step);
  ended('what it is handed');
  const instance = instantiate(module);
  ended('instance');
  copyPages(instance, new Uint8Array(snapshot), { memorySize, runs, dataOffset });
  ended('copy');
  postMessage(
    performance.getEntriesByType('mark').map(({ name, startTime }) => [name, performance.timeOrigin + startTime]),
  );
});
performance.mark('worker and script');
