// The page's side of input-service.mjs, which brings lines of input to Python.

/** @typedef {import('./input.mjs').Answer} Answer */

/** How long it may take to start. Then there is no input. */
const PATIENCE_MS = 5000;

/** @param {ServiceWorkerRegistration} registration @returns {Promise<void>} */
function untilActive(registration) {
  return new Promise((resolve, reject) => {
    const { installing, waiting, active } = registration;
    const newest = installing ?? waiting ?? active;
    const check = () => newest?.state === 'activated' && resolve();
    newest?.addEventListener('statechange', check);
    check();
    setTimeout(reject, PATIENCE_MS);
  });
}

/**
 * Starts the service worker. It has to be there before the worker that it serves, whose folder is its scope: what
 * the page itself fetches does not go through it.
 *
 * @returns {Promise<((id: string, answer: Answer) => void) | undefined>} brings an answer to who asked; nothing
 * where there are no service workers: on plain http, in some private windows
 */
export async function startInputService() {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return undefined;
  try {
    const scope = new URL('python/', import.meta.url).href;
    const registration = await serviceWorker.register(new URL('input-service.js', import.meta.url), { scope });
    await untilActive(registration);
    return (id, answer) => registration.active?.postMessage({ id, answer });
  } catch {
    return undefined;
  }
}
