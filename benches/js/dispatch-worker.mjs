// Dispatch measured in a worker of a page; answers with what dispatch.mjs returns.

import { measureDispatch } from './dispatch.mjs';

addEventListener('message', async ({ data: size }) => {
  const address = (/** @type {string} */ name) => new URL(name, import.meta.url).href;
  try {
    const measured = await measureDispatch(
      (name) => import(address(name)),
      async (name) => new Uint8Array(await (await fetch(address(name))).arrayBuffer()),
      size,
    );
    postMessage({ measured });
  } catch (error) {
    postMessage({ error: `${error}` });
  }
});
