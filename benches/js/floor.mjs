// An instance without any program around it, and a copy of pages into its memory.

const PAGE = 4096;

/** @param {WebAssembly.Module} module @returns {WebAssembly.Instance} whose imports do nothing */
export function instantiate(module) {
  /** @type {Record<string, Record<string, any>>} */
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== 'function') throw new Error(`the ${kind} ${name} is imported`);
    imports[from] ??= {};
    imports[from][name] = () => 0;
  }
  return new WebAssembly.Instance(module, imports);
}

/**
 * @param {WebAssembly.Instance} instance
 * @param {Uint8Array} snapshot
 * @param {Pick<import('../../npm/snapshot/format.mjs').SnapshotInfo, 'memorySize' | 'runs' | 'dataOffset'>} info
 */
export function copyPages(instance, snapshot, { memorySize, runs, dataOffset }) {
  const memory = /** @type {WebAssembly.Memory} */ (instance.exports['memory']);
  memory.grow((memorySize - memory.buffer.byteLength) / 65536);
  const heap = new Uint8Array(memory.buffer);
  let at = dataOffset;
  for (const { page, pages } of runs) {
    heap.set(snapshot.subarray(at, at + pages * PAGE), page * PAGE);
    at += pages * PAGE;
  }
}
