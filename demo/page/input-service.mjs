// The page's service worker. A worker that runs Python gets no messages: it requests a line of input, and
// this holds the request back until the page has the line. (input.mjs, client.mjs)

/** @typedef {import('./input.mjs').Answer} Answer */

/** Browsers end a service worker that holds a request for long. */
const PATIENCE_MS = 5000;
/** The part of its scope that TypeScript knows for pages only. @type {any} */
const scope = globalThis;
/** Requests that wait, by what the page calls them. @type {Map<string, (answer: Answer) => void>} */
const waiting = new Map();
/** Answers that came between two requests. @type {Map<string, Answer>} */
const early = new Map();

addEventListener('install', () => scope.skipWaiting());

addEventListener('message', (event) => {
  const { claim, id, answer } = /** @type {MessageEvent} */ (event).data;
  // A page that was loaded before this started, or past it (Shift and reload).
  if (claim) scope.clients.claim();
  else if (waiting.has(id)) waiting.get(id)?.(answer);
  else early.set(id, answer);
});

/** @param {string} id @returns {Promise<Answer>} */
function answerTo(id) {
  return new Promise((resolve) => {
    /** @param {Answer} answer */
    const give = (answer) => {
      waiting.delete(id);
      early.delete(id);
      resolve(answer);
    };
    const known = early.get(id);
    if (known) return give(known);
    waiting.set(id, give);
    setTimeout(give, PATIENCE_MS, { wait: true });
  });
}

const { pathname: inputPath } = new URL('input', location.href);

addEventListener('fetch', (event) => {
  const { request, respondWith } = /** @type {any} */ (event);
  const { pathname, search } = new URL(request.url);
  if (pathname !== inputPath) return;
  respondWith.call(
    event,
    answerTo(search.slice(1)).then((answer) => Response.json(answer)),
  );
});
