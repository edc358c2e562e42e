// node digests.mjs: the digests that refusals name, beside those of Node's crypto and of FIPS 180's examples
// (https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values). Prints JSON.

import crypto from 'node:crypto';
import { restoreSnapshot, SnapshotError } from '../../../npm/snapshot/index.mjs';

/** @param {Uint8Array} bytes */
function digestOf(bytes) {
  try {
    restoreSnapshot({}, bytes, { sha256: '0'.repeat(64) });
  } catch (error) {
    if (error instanceof SnapshotError && error.code === 'digest') return error.message.match(/[0-9a-f]{64}/)?.[0];
    throw error;
  }
  return undefined;
}

/** @type {[Uint8Array, string][]} */
const cases = [
  [Buffer.from(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  [Buffer.from('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    Buffer.from('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'),
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  [Buffer.alloc(1_000_000, 'a'), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
];
// Each length up to some blocks, and one that takes many.
for (const length of [...Array(300).keys(), 3_000_001]) {
  const bytes = crypto.randomBytes(length);
  cases.push([bytes, crypto.createHash('sha256').update(bytes).digest('hex')]);
}
const wrong = cases.filter(([bytes, digest]) => digestOf(bytes) !== digest).map(([bytes]) => bytes.length);
process.stdout.write(JSON.stringify({ wrong, right: cases.length - wrong.length }));
