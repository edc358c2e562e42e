// The service worker of Python's worker, which gets no messages while Python runs: it requests a line of input, and
// this holds the request back until the page has the line.

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
  const { id, answer } = /** @type {MessageEvent} */ (event).data;
  if (waiting.has(id)) waiting.get(id)?.(answer);
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

const { pathname: inputPath } = new URL('python/input', location.href);

addEventListener('fetch', (event) => {
  const { request, respondWith } = /** @type {any} */ (event);
  const { pathname, search } = new URL(request.url);
  if (pathname !== inputPath) return;
  respondWith.call(
    event,
    answerTo(search.slice(1)).then((answer) => Response.json(answer)),
  );
});
