// For PYEM_AFTER: prints how many pages of 4096 bytes of the memory are not zero.

/** @param {Record<string, any>} python */
export default function countPages(python) {
  const { buffer } = python['wasmMemory'];
  let pages = 0;
  for (let start = 0; start < buffer.byteLength; start += 4096) {
    if (new Int32Array(buffer, start, 1024).some((word) => word !== 0)) pages++;
  }
  process.stdout.write(`${pages}\n`);
}
