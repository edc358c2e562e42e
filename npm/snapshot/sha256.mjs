// SHA-256 without waiting: crypto.subtle returns promises only, and is absent from insecure pages.
// https://csrc.nist.gov/pubs/fips/180-4/upd1/final. Licence: MIT OR Apache-2.0.

const BLOCK = 64;
/** Engines optimise a loop that is called often sooner than one that runs long. */
const BLOCKS_AT_ONCE = 64;

/** The first 32 bits behind the point of a number. @param {number} x */
const fraction = (x) => ((x % 1) * 2 ** 32) | 0;
/** The first 64. Computed when they are wanted: it takes a millisecond, and most never ask for a digest. */
function primes() {
  /** @type {number[]} */
  const found = [];
  for (let n = 2; found.length < 64; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} the digest in hexadecimal
 */
export function sha256(bytes) {
  // Of the cube roots of the first 64 primes, and of the square roots of the first 8.
  const K = Int32Array.from(primes(), (prime) => fraction(Math.cbrt(prime)));
  const state = Int32Array.from(primes().slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
  const whole = bytes.length - (bytes.length % BLOCK);
  addBlocks(state, K, bytes.subarray(0, whole));
  // The end is padded with a bit, zeros, and the length in bits.
  const rest = bytes.subarray(whole);
  const end = new Uint8Array(rest.length + 9 > BLOCK ? 2 * BLOCK : BLOCK);
  end.set(rest);
  end[rest.length] = 0x80;
  new DataView(end.buffer).setBigUint64(end.length - 8, BigInt(bytes.length) * 8n);
  addBlocks(state, K, end);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** @param {Int32Array} state @param {Int32Array} K @param {Uint8Array} blocks */
function addBlocks(state, K, blocks) {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.length);
  const words = new Int32Array(64);
  for (let at = 0; at < blocks.length; at += BLOCKS_AT_ONCE * BLOCK) {
    addSome(state, K, words, view, at, Math.min(blocks.length, at + BLOCKS_AT_ONCE * BLOCK));
  }
}

/**
 * @param {Int32Array} state
 * @param {Int32Array} K
 * @param {Int32Array} words
 * @param {DataView} view
 * @param {number} from
 * @param {number} to
 */
function addSome(state, K, words, view, from, to) {
  const word = (/** @type {Int32Array} */ all, /** @type {number} */ n) => /** @type {number} */ (all[n]);
  for (let at = from; at < to; at += BLOCK) {
    for (let n = 0; n < 16; n++) words[n] = view.getInt32(at + n * 4);
    for (let n = 16; n < 64; n++) {
      const x = word(words, n - 15);
      const y = word(words, n - 2);
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
      words[n] = (word(words, n - 16) + s0 + word(words, n - 7) + s1) | 0;
    }
    let a = word(state, 0);
    let b = word(state, 1);
    let c = word(state, 2);
    let d = word(state, 3);
    let e = word(state, 4);
    let f = word(state, 5);
    let g = word(state, 6);
    let h = word(state, 7);
    for (let n = 0; n < 64; n++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + word(K, n) + word(words, n)) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((value, n) => {
      state[n] = (word(state, n) + value) | 0;
    });
  }
}

/** @param {number} word @param {number} by */
function rotate(word, by) {
  return (word >>> by) | (word << (32 - by));
}
