// node inspect.mjs FILE: what `inspectSnapshot` makes of each record of FILE, a line of JSON each. A
// record is a length (32 bits, little-endian) and as many bytes.

import fs from 'node:fs';
import { inspectSnapshot, SnapshotError } from '../../../npm/snapshot/index.mjs';

const corpus = fs.readFileSync(process.argv[2] ?? '');

/** @param {Uint8Array} bytes */
function outcome(bytes) {
  try {
    const info = inspectSnapshot(bytes);
    const valueTables = info.valueTables.map(({ name, values }) => ({ name, values: [...values] }));
    return { info: { ...info, valueTables } };
  } catch (error) {
    // Anything else is a defect.
    if (!(error instanceof SnapshotError)) throw error;
    return { error: error.code };
  }
}

for (let at = 0; at < corpus.length; ) {
  const length = corpus.readUInt32LE(at);
  const bytes = corpus.subarray(at + 4, at + 4 + length);
  process.stdout.write(`${JSON.stringify(outcome(bytes))}\n`);
  at += 4 + length;
}
