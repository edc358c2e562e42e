// The devices of an instance: its standard streams, and the one by which it is called. Licence: MIT OR Apache-2.0.

import { DEVICE } from './runner.mjs';

const ENOSPC = 51;
const MAJOR = 65;

/** Bytes that grow in number. Nothing takes more room than its bytes: a call may write one of them at a time. */
class Sink {
  #bytes = new Uint8Array();
  #length = 0;

  /** @param {Uint8Array} bytes */
  add(bytes) {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#length, 1024));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  /** @returns {string} what was added since */
  take() {
    // As it was written: by default a mark of byte order would be left out.
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.#bytes.subarray(0, this.#length));
    this.#bytes = new Uint8Array();
    this.#length = 0;
    return text;
  }
}

/**
 * Replaces emscripten's standard streams: input is at its end, output is kept.
 *
 * @param {Record<string, any>} fs emscripten's FS
 */
export function attachDevices(fs) {
  const [stdout, stderr, answer] = [new Sink(), new Sink(), new Sink()];
  let request = new Uint8Array();
  let left = 0;

  /** @param {number} number @param {object} operations */
  const register = (number, operations) => {
    fs['registerDevice'](number, {
      'open': (/** @type {{ seekable: boolean }} */ stream) => {
        stream.seekable = false;
      },
      ...operations,
    });
    return number;
  };
  /** @param {string} path @param {number} minor @param {object} operations */
  const device = (path, minor, operations) => {
    const number = register(fs['makedev'](MAJOR, minor), operations);
    fs['mkdev'](path, number);
    return number;
  };
  /** @param {Sink} sink */
  const to = (sink) => ({
    'write': (
      /** @type {any} */ _stream,
      /** @type {Uint8Array} */ heap,
      /** @type {number} */ at,
      /** @type {number} */ length,
    ) => {
      sink.add(new Uint8Array(heap.buffer, heap.byteOffset + at, length));
      return length;
    },
  });

  if (!fs['initialized']) fs['init']();
  const numbers = [
    device('/dev/pyem-stdin', 0, { 'read': () => 0 }),
    device('/dev/pyem-stdout', 1, to(stdout)),
    device('/dev/pyem-stderr', 2, to(stderr)),
  ];
  for (const fd of numbers.keys()) {
    fs['closeStream'](fd);
    fs['open'](['/dev/pyem-stdin', '/dev/pyem-stdout', '/dev/pyem-stderr'][fd], fd === 0 ? 'r' : 'w');
  }
  // Emscripten's terminals keep unfinished lines in JavaScript, and read the host's input.
  for (const [major, sink] of /** @type {const} */ ([
    [5, stdout],
    [6, stderr],
  ])) {
    register(fs['makedev'](major, 0), { 'read': () => 0, ...to(sink) });
  }
  const answers = to(answer);
  const callDevice = device(DEVICE, 3, {
    'read': (
      /** @type {any} */ _stream,
      /** @type {Uint8Array} */ heap,
      /** @type {number} */ at,
      /** @type {number} */ length,
    ) => {
      const part = request.subarray(0, length);
      heap.set(part, at);
      request = request.subarray(part.length);
      return part.length;
    },
    'write': (
      /** @type {any} */ stream,
      /** @type {Uint8Array} */ heap,
      /** @type {number} */ at,
      /** @type {number} */ length,
    ) => {
      if (length > left) throw new fs['ErrnoError'](ENOSPC);
      left -= length;
      return answers['write'](stream, heap, at, length);
    },
  });

  const encoder = new TextEncoder();
  return {
    callDevice,
    /** What emscripten says by itself goes to standard error. @param {string} line */
    complain(line) {
      stderr.add(encoder.encode(`${line}\n`));
    },
    /** @param {Uint8Array<ArrayBuffer>} bytes @param {number} most bytes of the answer */
    ask(bytes, most) {
      request = bytes;
      left = most;
    },
    take() {
      return { answer: answer.take(), stdout: stdout.take(), stderr: stderr.take() };
    },
  };
}
