// An instance's memory: copied once, and put back after each call. Licence: MIT OR Apache-2.0.

import { liveRanges, memoryOf, setStackPointer, stackPointerOf } from '../snapshot/instance.mjs';
import { clearerOf } from './clear.mjs';

/** @typedef {import('../snapshot/instance.mjs').Target} Target */
/** @typedef {{ start: number, end: number, bytes: Uint8Array | undefined }} Piece of memory; without bytes it is zero */

/** Pieces begin and end at multiples of it. */
const GRAIN = 16_384;

/**
 * Copies memory up to the heap's end. All beyond it is zero, and so is the dead part of the stack from now on. Code that
 * breaks out of Python's rules writes beyond the heap's end as well, so that is looked at after each call.
 *
 * @param {Target} target at rest
 */
export function recordMemory(target) {
  const stackPointer = stackPointerOf(target);
  const [below, above] = liveRanges(target, stackPointer);
  if (!below || !above) throw new Error('memory lies below and above the stack');
  const { end } = above;
  const { byteLength } = memoryOf(target).buffer;
  const whole = () => new Uint8Array(memoryOf(target).buffer);
  const clear = clearerOf(target);
  clear(below.end, stackPointer);
  clear(end, byteLength);
  const pieces = piecesOf(whole(), end);
  const heapEnd = () => liveRanges(target, stackPointer)[1]?.end ?? 0;

  return {
    /** Whether memory is as large as it was, and its allocator's end lies in it. */
    fits() {
      return memoryOf(target).buffer.byteLength === byteLength && heapEnd() >= end && heapEnd() <= byteLength;
    },

    setBack() {
      const heap = whole();
      clear(end, byteLength);
      for (const piece of pieces) {
        if (piece.bytes) heap.set(piece.bytes, piece.start);
        else clear(piece.start, piece.end);
      }
      setStackPointer(target, stackPointer);
    },
  };
}

/** @param {Uint8Array} heap @param {number} end @returns {Piece[]} as few as have all that is not zero */
function piecesOf(heap, end) {
  /** @type {Piece[]} */
  const pieces = [];
  for (let start = 0; start < end; start += GRAIN) {
    const grain = heap.subarray(start, Math.min(end, start + GRAIN));
    const isZero = grain.every((byte) => byte === 0);
    const last = pieces.at(-1);
    if (last && (last.bytes === undefined) === isZero) last.end = start + grain.length;
    else pieces.push({ start, end: start + grain.length, bytes: isZero ? undefined : grain });
  }
  for (const piece of pieces) if (piece.bytes) piece.bytes = heap.slice(piece.start, piece.end);
  return pieces;
}
