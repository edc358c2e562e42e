// What snapshots ask of an instance: memory, tables, stack, side modules, and whether it may be copied
// now. Licence: MIT OR Apache-2.0.
//
// Property names of emscripten's modules are quoted: Closure renames the others.

import { fail } from './format.mjs';

/** @typedef {import('./format.mjs').SideModule} SideModule */
/** @typedef {{ start: number, end: number }} Range of bytes */

/**
 * What emscripten's factory resolves to, linked with `-sEXPORTED_RUNTIME_METHODS=wasmExports,wasmMemory,wasmTable,growMemory`
 * and `-sEXPORTED_FUNCTIONS=_main,_sbrk,_emscripten_stack_get_base,_emscripten_stack_get_current,_emscripten_stack_get_end,__emscripten_stack_restore`.
 *
 * @typedef {Record<string, any>} Target
 */

/**
 * Where the fields of emscripten's `struct dso` (system/lib/libc/musl/src/internal/dynlink.h) stand in version
 * 6.0.5, as its src/struct_info_generated.json has them.
 */
export const DSO = { 'mem_addr': 12, 'table_addr': 20 };

/**
 * Above the stack's end emscripten keeps a mark by which it notices overflows, if built with ASSERTIONS
 * (src/runtime_stack_check.js). It belongs to the instance's memory.
 */
const STACK_MARK = 16;
/** To this the stack pointer is aligned. */
const STACK_ALIGNMENT = 16;

/** With ASSERTIONS, the getter of a property that the link does not export aborts. @param {Target} target @param {string} name */
function property(target, name) {
  return Object.getOwnPropertyDescriptor(target, name)?.value;
}

/** @param {Target} target @param {string} name */
function runtimeMethod(target, name) {
  return (
    property(target, name) ??
    fail(
      'set-up',
      `${name} is not exported: link with -sEXPORTED_RUNTIME_METHODS=wasmExports,wasmMemory,wasmTable,growMemory`,
    )
  );
}

/** @param {Target} target @param {string} name @param {number[]} given @returns {number} */
function call(target, name, ...given) {
  const f =
    property(target, name) ??
    fail(
      'set-up',
      `${name} is not exported: link with -sEXPORTED_FUNCTIONS=_main,_sbrk,_emscripten_stack_get_base,_emscripten_stack_get_current,_emscripten_stack_get_end,__emscripten_stack_restore`,
    );
  return f(...given) >>> 0;
}

/** @param {unknown} value @returns {string} by name: it may come from another realm */
export function kind(value) {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/**
 * Fails unless the instance is at rest: its constructors have run, every call into it has returned, and no
 * file is open. In the middle of a call the program counter and the locals are the engine's, which no copy
 * of memory has.
 *
 * @param {Target} target
 */
export function checkAtRest(target) {
  if (kind(target['memory']) === 'WebAssembly.Memory') tooEarly();
  if (kind(memoryOf(target).buffer) === 'SharedArrayBuffer') {
    fail('shared-memory', 'its memory is shared: other threads write while it is copied. Link without -pthread');
  }
  // As V8, SpiderMonkey and JavaScriptCore write it.
  if (plainStack().includes('wasm-function[')) {
    fail('inside-a-call', 'the program is running: take and restore snapshots between two calls into it');
  }
  const base = call(target, '_emscripten_stack_get_base');
  const files = property(target, 'FS');
  // A constructor sets the stack's base, after preRun; with ASSERTIONS it is set before. FS is marked after all constructors.
  if (base === 0 || files?.['ignorePermissions']) tooEarly();
  if (files?.['initialized'] === false && !target['noFSInit']) {
    fail('ended', 'the program has ended: start anew, with noExitRuntime if it is to live on when `main` returns');
  }
  if (!isStackEmpty(target, base)) {
    fail(
      'suspended',
      'a call into the program has not returned: it waits for a promise (JSPI), or an exception broke it off. Wait until every call has returned; start anew after an exception',
    );
  }
  // A standard stream may be a file, too, by os.dup2. (NODERAWFS of emscripten 3.1 gives it an empty path.)
  const isStandard = (/** @type {string} */ path, /** @type {number} */ number) =>
    number <= 2 && /^(\/dev\/|$)/.test(path);
  const open = [...(files?.['streams'] ?? [])].flatMap((stream, number) =>
    stream && !isStandard(stream['path'] ?? '', number) ? [`${number} (${stream['path'] ?? 'no path'})`] : [],
  );
  if (open.length > 0) fail('open-files', `open files are not in memory: close ${open.join(', ')}`);
}

function tooEarly() {
  fail(
    'too-early',
    'the constructors have yet to run, and would run over restored memory: wait for what createPython(…) resolves to',
  );
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
 * Whether no call has anything on the stack in memory. Its pointer then stands at the base, or below the
 * arguments of `main`, which emscripten's `callMain` leaves there for good.
 *
 * @param {Target} target
 * @param {number} base
 */
function isStackEmpty(target, base) {
  const pointer = stackPointerOf(target);
  const heap = new Uint8Array(memoryOf(target).buffer);
  let top = base;
  while (top > pointer) top = belowArguments(heap, top, pointer);
  return top === pointer;
}

/**
 * What `callMain` leaves below `top`: `argv`, an array of pointers that ends with null, then each string
 * below the one before, all aligned.
 *
 * @param {Uint8Array} heap
 * @param {number} top
 * @param {number} pointer
 * @returns {number} where the last string begins; 0 if these are no arguments
 */
function belowArguments(heap, top, pointer) {
  const view = new DataView(heap.buffer);
  const below = (/** @type {number} */ start, /** @type {number} */ size) =>
    start - size - ((start - size) % STACK_ALIGNMENT);
  for (let argv = below(top, 8); argv > pointer; argv -= STACK_ALIGNMENT) {
    let at = argv;
    let last = argv;
    for (; at < top; at += 4) {
      const text = view.getUint32(at, true);
      if (text < pointer || text !== below(last, heap.indexOf(0, text) - text + 1)) break;
      last = text;
    }
    // What ended the walk has to be the null behind the last pointer.
    if (at < top && view.getUint32(at, true) === 0 && below(top, at + 4 - argv) === argv && last < argv) return last;
  }
  return 0;
}

/** @param {Target} target @returns {WebAssembly.Memory} */
export function memoryOf(target) {
  return runtimeMethod(target, 'wasmMemory');
}

/** @param {Target} target @returns {WebAssembly.Table} */
export function functionTableOf(target) {
  return runtimeMethod(target, 'wasmTable');
}

/** @param {Target} target @returns {Record<string, unknown>} what the wasm file exports */
export function exportsOf(target) {
  return runtimeMethod(target, 'wasmExports');
}

/**
 * Memory whose content matters, in order: all but the stack beyond its pointer and what lies beyond the heap.
 * The rest is neither stored nor cleared, since touching fresh pages is what takes the time. Heaps only grow.
 *
 * @param {Target} target
 * @param {number} stackPointer
 * @returns {Range[]}
 */
export function liveRanges(target, stackPointer) {
  return [
    { start: 0, end: call(target, '_emscripten_stack_get_end') + STACK_MARK },
    { start: stackPointer, end: call(target, '_sbrk', 0) },
  ];
}

/**
 * The stack pointer is a global of the instance, no part of memory.
 *
 * @param {Target} target
 */
export function stackPointerOf(target) {
  return call(target, '_emscripten_stack_get_current');
}

/** @param {Target} target @param {number} pointer */
export function setStackPointer(target, pointer) {
  call(target, '__emscripten_stack_restore', pointer);
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
    runtimeMethod(target, 'growMemory')(size);
    if (memory.buffer.byteLength < size) {
      fail('too-large', `it needs ${size} bytes of memory, which this instance cannot have: raise -sMAXIMUM_MEMORY`);
    }
  }
  return new Uint8Array(memory.buffer);
}

/**
 * Where emscripten's loader put the dynamic libraries. Libraries that are loaded before the program starts have
 * no `struct dso`; they are always loaded the same way.
 *
 * @param {Target} target
 * @returns {SideModule[]}
 */
export function sideModulesOf(target) {
  const loader = property(target, 'LDSO');
  if (!loader) return [];
  const view = new DataView(memoryOf(target).buffer);
  const handles = new Map(Object.entries(loader['loadedLibsByHandle']).map(([handle, lib]) => [lib, Number(handle)]));
  const libraries = Object.entries(loader['loadedLibsByName']).filter(([name]) => name !== '__main__');
  return libraries.map(([name, library]) => {
    const handle = handles.get(library);
    const field = (/** @type {number} */ offset) => (handle ? view.getUint32(handle + offset, true) : 0);
    return { name, tableBase: field(DSO['table_addr']), memoryBase: field(DSO['mem_addr']) };
  });
}
