// For PYEM_BEFORE: makes the function table as long as it was when the snapshot was taken, by functions
// of other arities than the slots had then. PYEM_SLOTS is the length.

/** @param {Record<string, any>} python @param {string} verb */
export default function growTable(python, verb) {
  const { wasmTable } = python;
  const length = Number(process.env['PYEM_SLOTS']);
  while (verb === 'restore' && wasmTable.length < length) {
    const slot = wasmTable.length;
    const arity = slot % 4;
    const f = (/** @type {unknown[]} */ ...got) => python['_slots_int'](got.length * 100_000 + slot);
    if (python['addFunction'](f, `i${'i'.repeat(arity)}`) !== slot) throw new Error('the table has other free slots');
  }
}
