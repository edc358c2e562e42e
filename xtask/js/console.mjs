// The standard streams of an emscripten program in Node: unbuffered, binary, with a real end of
// file. Emscripten's own wait for whole lines.

import fs from 'node:fs';
import tty from 'node:tty';

const EIO = 29;
const NOT_READY_PAUSE = new Int32Array(new SharedArrayBuffer(4));

/**
 * Repeats a call while the other end is not ready: Node may have set the file to non-blocking.
 *
 * @param {() => number} call
 * @returns {number}
 */
function untilReady(call) {
  for (;;) {
    try {
      return call();
    } catch (error) {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(NOT_READY_PAUSE, 0, 0, 5);
    }
  }
}

/**
 * @param {EmscriptenModule} module
 */
export function attachConsole(module) {
  const { FS } = module;

  /** @param {() => number} call */
  const orErrno = (call) => {
    try {
      return untilReady(call);
    } catch {
      throw new FS.ErrnoError(EIO);
    }
  };

  /** @param {number} fd @param {number} minor @param {string} name */
  const attach = (fd, minor, name) => {
    const device = FS.makedev(64, minor);
    FS.registerDevice(device, {
      /** @param {EmscriptenStream} stream */
      open(stream) {
        stream.seekable = false;
        // A terminal answers ioctl, which is what isatty asks.
        if (tty.isatty(fd)) stream.tty = { ops: {} };
      },
      /** @type {StreamCall} */
      read: (_stream, heap, offset, length) => orErrno(() => fs.readSync(fd, heap, offset, length, null)),
      /** @type {StreamCall} */
      write: (_stream, heap, offset, length) => {
        for (let done = 0; done < length; ) {
          done += orErrno(() => fs.writeSync(fd, heap, offset + done, length - done));
        }
        return length;
      },
    });
    FS.mkdev(`/dev/pyem-${name}`, device);
    FS.closeStream(fd);
    FS.open(`/dev/pyem-${name}`, fd === 0 ? 'r' : 'w');
  };

  // preRun hooks may run before the file system has its standard streams.
  if (!FS.initialized) FS.init();
  attach(0, 0, 'stdin');
  attach(1, 1, 'stdout');
  attach(2, 2, 'stderr');
}
