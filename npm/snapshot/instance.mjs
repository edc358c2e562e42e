// What snapshots ask of an instance: memory, table, stack, side modules. Licence: MIT OR Apache-2.0.
//
// Property names of emscripten's modules are quoted: Closure renames the others.

import { fail, WASM_PAGE } from './format.mjs';

/** @typedef {import('./format.mjs').SideModule} SideModule */
/** @typedef {{ start: number, end: number }} Range of bytes */

/**
 * An emscripten module, linked with `-sEXPORTED_RUNTIME_METHODS=wasmMemory,wasmTable,growMemory`. Or
 * the exports of an instance that emscripten's glue code has not seen yet, in `instantiateWasm`.
 *
 * @typedef {Record<string, any>} Target
 */

/** @param {Target} target @returns {WebAssembly.Memory} */
export function memoryOf(target) {
  return (
    target['wasmMemory'] ??
    target['memory'] ??
    fail('set-up', 'the memory is not there: link with -sEXPORTED_RUNTIME_METHODS=wasmMemory')
  );
}

/** @param {Target} target @returns {WebAssembly.Table} */
export function tableOf(target) {
  return (
    target['wasmTable'] ??
    target['__indirect_function_table'] ??
    fail('set-up', 'the function table is not there: link with -sEXPORTED_RUNTIME_METHODS=wasmTable')
  );
}

/**
 * A function that the link exports: of a module, or of the instance itself.
 *
 * @param {Target} target
 * @param {string} name
 * @returns {((...given: number[]) => number) | undefined}
 */
export function exported(target, name) {
  return target[`_${name}`] ?? target[name];
}

/**
 * Memory whose content does not matter, in order: the stack beyond its pointer, what lies beyond the
 * heap. It is neither stored nor cleared, since touching fresh pages is what takes the time. Known
 * where the link exports `emscripten_stack_get_{base,current,end}` and `sbrk`.
 *
 * @param {Target} target
 * @param {number} stackPointer
 * @returns {Range[]}
 */
export function spareRanges(target, stackPointer) {
  // 0 before the constructors ran.
  const base = exported(target, 'emscripten_stack_get_base')?.();
  const end = exported(target, 'emscripten_stack_get_end')?.();
  const heapEnd = exported(target, 'sbrk')?.(0);
  return [
    ...(base && end && stackPointer ? [{ start: end, end: stackPointer }] : []),
    ...(heapEnd ? [{ start: heapEnd, end: Number.POSITIVE_INFINITY }] : []),
  ];
}

/**
 * Inside a call the program counter and the locals are the engine's, which no copy of memory has.
 */
export function checkOutsideCalls() {
  // As V8, SpiderMonkey and JavaScriptCore write it.
  if (plainStack().includes('wasm-function[')) {
    fail('inside-a-call', 'the program is running: take and restore snapshots between two calls into it');
  }
}

/** The whole stack as text, whatever the page makes of stacks; V8 cuts it and lets pages format it. */
function plainStack() {
  const { stackTraceLimit, prepareStackTrace } = Error;
  try {
    Error.stackTraceLimit = Number.POSITIVE_INFINITY;
    // V8 then writes it as it always does.
    Reflect.deleteProperty(Error, 'prepareStackTrace');
  } catch {
    // Frozen: the stack is as it is.
  }
  const { stack } = new Error();
  try {
    Error.stackTraceLimit = stackTraceLimit;
    if (prepareStackTrace) Error.prepareStackTrace = prepareStackTrace;
  } catch {
    // Frozen, and so unchanged.
  }
  return `${stack}`;
}

/**
 * The stack pointer is a global of the instance, no part of memory. It rests where the last call left
 * it: `main` leaves its arguments on the stack.
 *
 * @param {Target} target
 * @returns {number} 0 if it is not exported
 */
export function stackPointerOf(target) {
  return exported(target, 'emscripten_stack_get_current')?.() ?? 0;
}

/**
 * The memory's bytes, of which there are at least so many.
 *
 * @param {Target} target
 * @param {number} size
 */
export function heapOfSize(target, size) {
  const memory = memoryOf(target);
  if (memory.buffer.byteLength < size) {
    // Where emscripten's glue code has not seen the memory, it has no views of it to renew.
    if (target['memory']) growAlone(memory, size);
    else if (target['growMemory']) target['growMemory'](size);
    else fail('set-up', 'memory has to grow: link with -sEXPORTED_RUNTIME_METHODS=growMemory');
    if (memory.buffer.byteLength < size) {
      fail('too-large', `it needs ${size} bytes of memory, which this instance cannot have: raise -sMAXIMUM_MEMORY`);
    }
  }
  return new Uint8Array(memory.buffer);
}

/** @param {WebAssembly.Memory} memory @param {number} size */
function growAlone(memory, size) {
  try {
    memory.grow(Math.ceil((size - memory.buffer.byteLength) / WASM_PAGE));
  } catch {
    // The caller sees that it did not grow.
  }
}

/**
 * Where emscripten's loader put the dynamic libraries, from its `struct dso` (6.0.5). Libraries
 * that are loaded before the program starts have none; they are always loaded the same way.
 *
 * @param {Target} target
 * @returns {SideModule[]}
 */
export function sideModulesOf(target) {
  const loader = target['LDSO'];
  if (!loader) return [];
  const view = new DataView(memoryOf(target).buffer);
  const handles = new Map(Object.entries(loader['loadedLibsByHandle']).map(([handle, lib]) => [lib, Number(handle)]));
  const libraries = Object.entries(loader['loadedLibsByName']).filter(([name]) => name !== '__main__');
  return libraries.map(([name, library]) => {
    const handle = handles.get(library);
    const field = (/** @type {number} */ offset) => (handle ? view.getUint32(handle + offset, true) : 0);
    return { name, tableBase: field(20), memoryBase: field(12) };
  });
}
