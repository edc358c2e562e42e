// Python's standard input: what the visitor types when the page asks.

import { messageOf } from './page.mjs';

/**
 * What the visitor did: typed a line, ended the input, or pressed Stop. Or nothing yet.
 *
 * @typedef {{ line: string } | { end: true } | { stop: true } | { wait: true }} Answer
 */

const EINTR = 27;
const EIO = 29;
const SIGINT = 2;

/** Waits for the visitor: input-service.mjs answers the request. @returns {Answer} */
function ask() {
  const id = crypto.randomUUID();
  postMessage({ input: id });
  for (;;) {
    const request = new XMLHttpRequest();
    request.open('GET', new URL(`input?${id}`, import.meta.url), false);
    request.send();
    if (request.status !== 200) throw new Error('the request for it did not get there. Load the page again');
    const answer = JSON.parse(request.responseText);
    if (!answer.wait) return answer;
  }
}

/**
 * Takes the place of emscripten's standard input.
 *
 * @param {Record<string, any>} demo
 * @param {boolean} hasService whether the page has its service worker
 * @param {(text: string) => void} report for the visitor
 */
export function attachInput(demo, hasService, report) {
  const { FS } = demo;
  let rest = new Uint8Array();

  function nextLine() {
    try {
      demo['flush']();
      if (!hasService)
        throw new Error(
          'it needs a service worker, which this browser has on https and localhost, outside private windows',
        );
      return ask();
    } catch (error) {
      // Nothing else may be thrown through Python's C functions.
      report(`No input: ${messageOf(error)}.`);
      throw new FS['ErrnoError'](EIO);
    }
  }

  /** @type {StreamCall} */
  function read(_stream, heap, offset, length) {
    if (rest.length === 0) {
      const answer = nextLine();
      if ('stop' in answer) {
        // Where CPython looks for signals when a call was interrupted.
        demo['Py_EmscriptenSignalBuffer'][0] = SIGINT;
        throw new FS['ErrnoError'](EINTR);
      }
      if ('line' in answer) rest = new TextEncoder().encode(`${answer.line}\n`);
    }
    const part = rest.subarray(0, length);
    rest = rest.subarray(part.length);
    heap.set(part, offset);
    return part.length;
  }

  const device = FS['makedev'](64, 0);
  FS['registerDevice'](device, {
    open(/** @type {EmscriptenStream} */ stream) {
      stream.seekable = false;
    },
    read,
  });
  FS['mkdev']('/dev/visitor', device);
  FS['closeStream'](0);
  FS['open']('/dev/visitor', 'r');
}
