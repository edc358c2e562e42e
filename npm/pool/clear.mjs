// Zeroes memory that is mostly zero already. Licence: MIT OR Apache-2.0.
//
// Pages that nothing has written take no memory, and are read from the processor's cache: asking whether they are
// zero costs a fraction of writing them. JavaScript cannot ask fast enough, so a module of 164 bytes does.

import { memoryOf } from '../snapshot/instance.mjs';

/** tests/golden/clear.wat is its text. */
const MODULE =
  '0061736d0100000001060160027f7f0002060100000200000302010007090105636c65617200000a7b017902017e017f0340200020014704404200210220004180206a2103034020022000290300200029030884200029031020002903188484200029032020002903288420002903302000290338848484842102200041c0006a22002003470d000b2002420052044020004180206b4100418020fc0b000b0c010b0b0b';
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
