// Zeroes memory that is mostly zero already. Licence: MIT OR Apache-2.0.
//
// Pages that nothing has written take no memory, and are read from the processor's cache: asking whether they are
// zero costs a fraction of writing them. JavaScript cannot ask fast enough, so a module of 197 bytes does.

import { memoryOf } from '../snapshot/instance.mjs';

/** tests/golden/clear.wat is its text. */
const MODULE =
  '0061736d0100000001060160027f7f0002060100000200000302010007090105636c65617200000a9b0101980102017b017f034020002001470440fd0c00000000000000000000000000000000210220004180206a2103034020022000fd0004002000fd000410fd502000fd0004202000fd000430fd50fd502000fd0004402000fd000450fd502000fd0004602000fd000470fd50fd50fd50fd50210220004180016a22002003470d000b2002fd53044020004180206b4100418020fc0b000b0c010b0b0b';
const PAGE = 4096;

/**
 * @param {import('../snapshot/instance.mjs').Target} target
 * @returns {(start: number, end: number) => void} zeroes these bytes
 */
export function clearerOf(target) {
  const memory = memoryOf(target);
  const fill = (/** @type {number} */ start, /** @type {number} */ end) => {
    if (start < end) new Uint8Array(memory.buffer).fill(0, start, end);
  };
  /** @type {WebAssembly.Module} */
  let module;
  try {
    module = new WebAssembly.Module(Uint8Array.from(MODULE.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));
  } catch {
    // This place may not compile at run time.
    return fill;
  }
  const { exports } = new WebAssembly.Instance(module, { '': { '': memory } });
  const clear = /** @type {(start: number, end: number) => void} */ (exports['clear']);
  return (start, end) => {
    const first = Math.min(Math.ceil(start / PAGE) * PAGE, end);
    const last = Math.max(Math.floor(end / PAGE) * PAGE, first);
    fill(start, first);
    clear(first, last);
    fill(last, end);
  };
}
