// The page's side of its service worker, which brings lines of input to Python.

/** @typedef {import('./input.mjs').Answer} Answer */

/** How long a service worker may take to take over the page. Then there is no input. */
const PATIENCE_MS = 5000;

/**
 * Starts it. It has to be there before a worker that needs it.
 *
 * @returns {Promise<((id: string, answer: Answer) => void) | undefined>} brings an answer to who asked; nothing
 * where the browser has none: on plain http, in some private windows
 */
export async function startInputService() {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return undefined;
  try {
    await serviceWorker.register(new URL('input-service.js', import.meta.url));
    const { active } = await serviceWorker.ready;
    if (!serviceWorker.controller) {
      await new Promise((resolve, reject) => {
        serviceWorker.addEventListener('controllerchange', resolve, { once: true });
        active?.postMessage({ claim: true });
        setTimeout(reject, PATIENCE_MS);
      });
    }
    return (id, answer) => serviceWorker.controller?.postMessage({ id, answer });
  } catch {
    return undefined;
  }
}
