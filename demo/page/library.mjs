// Python's standard library in the file system of an instance. Several files are one download, which comes
// when the first of them is read.

/**
 * Downloads by name: the files in each with their sizes, in order.
 *
 * @typedef {Record<string, [path: string, size: number][]>} LibraryIndex
 */

const EIO = 29;
const READ_ONLY = 0o444;

/**
 * @param {Record<string, any>} fileSystem emscripten's
 * @param {LibraryIndex} index
 * @param {(name: string) => Uint8Array} read returns a download; what it throws is an OSError in Python
 */
export function mountLibrary(fileSystem, index, read) {
  /** @type {Set<string>} */
  const folders = new Set();
  for (const [name, files] of Object.entries(index)) {
    /** @type {Uint8Array | undefined} */
    let download;
    const whole = files.reduce((sum, [, size]) => sum + size, 0);
    const content = () => {
      try {
        download ??= read(name);
        if (download.length === whole) return download;
      } catch {
        // Nothing else may be thrown through Python's C functions.
      }
      download = undefined;
      throw new fileSystem['ErrnoError'](EIO);
    };
    let end = 0;
    for (const [path, size] of files) {
      const file = `/pyem/lib/${path}`;
      const folder = file.slice(0, file.lastIndexOf('/'));
      if (!folders.has(folder)) fileSystem['mkdirTree'](folder);
      folders.add(folder);
      const node = fileSystem['create'](file, READ_ONLY);
      const start = end;
      end += size;
      node.usedBytes = size;
      Object.defineProperty(node, 'contents', {
        configurable: true,
        get: () => content().subarray(start, start + size),
        /** @param {Uint8Array} value whoever writes to the file has a copy */
        set: (value) => Object.defineProperty(node, 'contents', { value, writable: true }),
      });
    }
  }
}
