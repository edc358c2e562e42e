// What C waits for where the engine has JSPI: the imported function of suspend.c.

import { messageOf } from './page.mjs';

const FETCHED = 0;
const FAILED = 1;

/**
 * Its promise is never rejected: a rejection would be thrown through Python's C functions, which would not
 * end, and Python would count their calls for ever.
 *
 * @param {() => Record<string, any>} instance
 * @param {(url: string) => Promise<string>} fetchText
 */
export function suspendingFetch(instance, fetchText) {
  /** @param {number} url @param {number} textAt @param {number} lengthAt where C wants the text and its length */
  async function fetchForC(url, textAt, lengthAt) {
    const demo = instance();
    const [outcome, text] = await fetchText(demo['UTF8ToString'](url)).then(
      (fetched) => [FETCHED, fetched],
      (error) => [FAILED, messageOf(error)],
    );
    const address = demo['stringToNewUTF8'](text);
    // Not before: memory that grew has another buffer.
    const memory = new DataView(demo['wasmMemory'].buffer);
    memory.setUint32(textAt, address, true);
    memory.setUint32(lengthAt, demo['lengthBytesUTF8'](text), true);
    return outcome;
  }
  return new /** @type {any} */ (WebAssembly).Suspending(fetchForC);
}
