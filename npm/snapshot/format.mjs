// The bytes of a snapshot: docs/snapshot-format.md describes them, xtask/src/build/snapshot/format.rs is
// the other reader. Licence: MIT OR Apache-2.0.

/**
 * A dynamic library that was loaded: its first slot of the function table, and the address of its first byte.
 *
 * @typedef {{ name: string, tableBase: number, memoryBase: number }} SideModule
 */

/**
 * A table of JavaScript values, each an index of `VALUES`.
 *
 * @typedef {{ name: string, values: Uint8Array }} ValueTable
 */

/**
 * What a snapshot says of itself.
 *
 * @typedef {object} SnapshotInfo
 * @property {number} version The format's version.
 * @property {string} build SHA-256 of the wasm file, in hexadecimal.
 * @property {number} memorySize Size of the memory in bytes.
 * @property {number} tableLength Slots of the function table.
 * @property {number} stackPointer The stack pointer between two calls, an address in bytes.
 * @property {SideModule[]} sideModules Dynamic libraries in load order.
 * @property {ValueTable[]} valueTables Tables of JavaScript values in the order of the wasm file's exports.
 * @property {Run[]} runs Pages that are not zero; those between them are.
 * @property {number} dataOffset Where the pages of the first run begin in the file, in bytes.
 */

/**
 * Pages of 4096 bytes that are next to each other.
 *
 * @typedef {{ page: number, pages: number }} Run
 */

/**
 * @typedef {'not-a-snapshot' | 'other-version' | 'truncated' | 'corrupt' | 'digest' | 'foreign-build' | 'table-length'
 *   | 'side-modules' | 'too-large' | 'too-early' | 'ended' | 'inside-a-call' | 'suspended' | 'open-files' | 'shared-memory'
 *   | 'javascript-values' | 'set-up'} SnapshotErrorCode
 */

/** Why a snapshot was not taken, read or restored. The instance is as it was, and can start normally. */
export class SnapshotError extends Error {
  /** @param {SnapshotErrorCode} code @param {string} message */
  constructor(code, message) {
    super(`snapshot: ${message}`);
    this.name = 'SnapshotError';
    /** For programs. */
    this.code = code;
  }
}

/** @param {SnapshotErrorCode} code @param {string} message @returns {never} */
export function fail(code, message) {
  throw new SnapshotError(code, message);
}

export const PAGE = 4096;
export const WASM_PAGE = 65536;
const MAGIC = 'PYEMSNAP';
const VERSION = 2;
const HEADER = 72;
/** The JavaScript values that mean the same in each instance, by their byte in a file. */
export const VALUES = [null, undefined, false, true, globalThis];
const CHECKSUM = 4;
const COPY_AGAIN = 'copy the file again, or take a new snapshot';

/**
 * A file without its pages and checksum, and where the pages go.
 *
 * @param {Pick<SnapshotInfo, 'build' | 'memorySize' | 'tableLength' | 'stackPointer' | 'sideModules' | 'valueTables' | 'runs'>} info
 * @returns {{ bytes: Uint8Array<ArrayBuffer>, dataOffset: number }}
 */
export function encodeSnapshot({ build, memorySize, tableLength, stackPointer, sideModules, valueTables, runs }) {
  const encoder = new TextEncoder();
  /** Numbers, then bytes, of each. @type {{ numbers: number[], texts: Uint8Array[] }[]} */
  const lists = [
    ...sideModules.map(({ name, tableBase, memoryBase }) => {
      const text = encoder.encode(name);
      return { numbers: [text.length, tableBase, memoryBase], texts: [text] };
    }),
    ...valueTables.map(({ name, values }) => {
      const text = encoder.encode(name);
      return { numbers: [text.length, values.length], texts: [text, values] };
    }),
    ...runs.map(({ page, pages }) => ({ numbers: [page, pages], texts: [] })),
  ];
  const sizes = lists.flatMap(({ numbers, texts }) => [
    numbers.length * 4,
    ...texts.map((text) => padded(text.length)),
  ]);
  const pages = runs.reduce((sum, run) => sum + run.pages, 0);
  const dataOffset = HEADER + sizes.reduce((sum, size) => sum + size, 0);
  const bytes = new Uint8Array(dataOffset + pages * PAGE + CHECKSUM);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const putBytes = (/** @type {ArrayLike<number>} */ some) => {
    bytes.set(some, at);
    at += padded(some.length);
  };
  const putNumbers = (/** @type {number[]} */ ...numbers) => {
    for (const value of numbers) {
      view.setUint32(at, value, true);
      at += 4;
    }
  };
  putBytes(encoder.encode(MAGIC));
  putNumbers(VERSION, bytes.length);
  putBytes(Uint8Array.from(build.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
  putNumbers(memorySize / WASM_PAGE, tableLength, stackPointer, sideModules.length, valueTables.length, runs.length);
  for (const { numbers, texts } of lists) {
    putNumbers(...numbers);
    texts.forEach(putBytes);
  }
  return { bytes, dataOffset };
}

/**
 * Writes the checksum behind the pages.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export function sealSnapshot(bytes) {
  const end = bytes.length - CHECKSUM;
  new DataView(bytes.buffer).setUint32(end, xxh32(bytes.subarray(0, end)), true);
}

/**
 * Checks a snapshot's form and checksum, and says what is in it.
 *
 * @param {Uint8Array} bytes at a multiple of 4
 * @param {boolean} [summed] whether its checksum was right before: computing it takes as long as copying half of the pages
 * @returns {SnapshotInfo}
 * @throws {SnapshotError}
 */
export function decodeSnapshot(bytes, summed = false) {
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const number = (/** @type {number} */ at) => view.getUint32(at, true);
  const begins = [...bytes.subarray(0, 8)].every((byte, index) => byte === MAGIC.charCodeAt(index));
  if (length === 0 || !begins)
    fail('not-a-snapshot', 'these bytes do not begin as a snapshot does: pass what takeSnapshot returned');
  const version = length < 12 ? VERSION : number(8);
  if (version !== VERSION) {
    const advice = version > VERSION ? 'take a newer pyem-trampoline' : 'take a new snapshot';
    fail('other-version', `it has format ${version}, and this code reads ${VERSION}: ${advice}`);
  }
  if (length < HEADER + CHECKSUM || number(12) > length) {
    fail('truncated', `${length} bytes are too few: copy the file again`);
  }
  const end = length - CHECKSUM;
  const isRight = () => summed || number(end) === xxh32(bytes.subarray(0, end));
  if (number(12) !== length || length % 4 !== 0 || !isRight()) {
    fail('corrupt', `its checksum is wrong: ${COPY_AGAIN}`);
  }

  // The right checksum may still be the work of another writer: nothing is taken on trust.
  let at = HEADER;
  const malformed = (/** @type {string} */ what) => fail('corrupt', `${what}: ${COPY_AGAIN}`);
  const take = (/** @type {number} */ size) => {
    if (size > end - at) malformed('its lists are longer than the file');
    at += size;
    return at - size;
  };
  const takeBytes = (/** @type {number} */ size) => {
    const start = take(padded(size));
    return bytes.subarray(start, start + size);
  };
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  // A copy: browsers decode no shared memory.
  const text = (/** @type {number} */ size) => decoder.decode(takeBytes(size).slice());
  const memorySize = number(48) * WASM_PAGE;
  /** @type {SideModule[]} */
  const sideModules = [];
  for (let left = number(60); left > 0; left--) {
    const fields = take(12);
    const name = text(number(fields));
    sideModules.push({ name, tableBase: number(fields + 4), memoryBase: number(fields + 8) });
  }
  /** @type {ValueTable[]} */
  const valueTables = [];
  for (let left = number(64); left > 0; left--) {
    const fields = take(8);
    const name = text(number(fields));
    const values = takeBytes(number(fields + 4));
    if (values.some((value) => value >= VALUES.length)) malformed('its tables hold unknown values');
    valueTables.push({ name, values });
  }
  /** @type {Run[]} */
  const runs = [];
  let free = 0;
  let stored = 0;
  for (let left = number(68); left > 0; left--) {
    const fields = take(8);
    const run = { page: number(fields), pages: number(fields + 4) };
    if (run.page < free || run.pages === 0) malformed('its pages are out of order');
    free = run.page + run.pages;
    stored += run.pages;
    runs.push(run);
  }
  if (free * PAGE > memorySize) malformed('its pages are outside its memory');
  if (end - at !== stored * PAGE) malformed('its pages are not those of its list');
  const build = Array.from(bytes.subarray(16, 48), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return {
    version,
    build,
    memorySize,
    tableLength: number(52),
    stackPointer: number(56),
    sideModules,
    valueTables,
    runs,
    dataOffset: at,
  };
}

/** @param {number} size @returns {number} the next multiple of 4 */
function padded(size) {
  return Math.ceil(size / 4) * 4;
}

const P1 = 0x9e3779b1 | 0;
const P2 = 0x85ebca77 | 0;
const P3 = 0xc2b2ae3d | 0;
/** Engines optimise a loop that is called often sooner than one that runs long. A multiple of 4. */
const WORDS_AT_ONCE = 4096;

/**
 * XXH32 with seed 0 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md) of whole words. It
 * nearly keeps up with copying; one flipped bit always changes it, since each step is a bijection.
 *
 * @param {Uint8Array} bytes
 * @returns {number}
 */
function xxh32(bytes) {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  const striped = words.length - (words.length % 4);
  const lanes = new Int32Array([P1 + P2, P2, 0, -P1]);
  for (let at = 0; at < striped; at += WORDS_AT_ONCE) {
    addStripes(lanes, words, at, Math.min(striped, at + WORDS_AT_ONCE));
  }
  const merge = (/** @type {number} */ sum, /** @type {number} */ lane, /** @type {number} */ index) =>
    sum + rotate(lane, [1, 7, 12, 18][index] ?? 0);
  let hash = (striped === 0 ? 0x165667b1 : lanes.reduce(merge, 0)) + bytes.length;
  for (const word of words.subarray(striped)) {
    hash = Math.imul(rotate((hash + Math.imul(word, P3)) | 0, 17), 0x27d4eb2f);
  }
  hash = Math.imul(hash ^ (hash >>> 15), P2);
  hash = Math.imul(hash ^ (hash >>> 13), P3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** @param {number} word @param {number} by */
function rotate(word, by) {
  return (word << by) | (word >>> (32 - by));
}

/**
 * V8 13 is twice as slow with `[a, b, c, d] = lanes`, an iterator (benches/README.md).
 *
 * @param {Int32Array} lanes
 * @param {Int32Array} words
 * @param {number} from
 * @param {number} to
 */
function addStripes(lanes, words, from, to) {
  let a = /** @type {number} */ (lanes[0]);
  let b = /** @type {number} */ (lanes[1]);
  let c = /** @type {number} */ (lanes[2]);
  let d = /** @type {number} */ (lanes[3]);
  for (let at = from; at < to; at += 4) {
    a = Math.imul(rotate((a + Math.imul(/** @type {number} */ (words[at]), P2)) | 0, 13), P1);
    b = Math.imul(rotate((b + Math.imul(/** @type {number} */ (words[at + 1]), P2)) | 0, 13), P1);
    c = Math.imul(rotate((c + Math.imul(/** @type {number} */ (words[at + 2]), P2)) | 0, 13), P1);
    d = Math.imul(rotate((d + Math.imul(/** @type {number} */ (words[at + 3]), P2)) | 0, 13), P1);
  }
  lanes.set([a, b, c, d]);
}
