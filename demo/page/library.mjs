// Python's standard library in the file system of an instance. Several files are one download, which comes when the first of
// them is read. A file or folder is made when it is looked up, so that a start which reads nothing pays for nothing.

/**
 * Downloads by name: the files in each with their sizes, in order.
 *
 * @typedef {Record<string, [path: string, size: number][]>} LibraryIndex
 */

/** @typedef {Record<string, any>} Node of emscripten's file system, and the file system */
/** @typedef {{ size: number, content: () => Uint8Array }} File */
/** @typedef {Map<string, Folder | File>} Folder */

const EIO = 29;
const READ_ONLY = 0o100444;
const FOLDER = 0o040777;
/** The same in each instance: by it Python sees that the list of a folder, which may be in a snapshot, is still right. */
const DATE = Date.UTC(1980, 0, 1);
const DATES = ['atime', 'mtime', 'ctime'];

/**
 * @param {Node} fileSystem emscripten's
 * @param {() => LibraryIndex} index
 * @param {(name: string) => Uint8Array} read returns a download; what it throws is an OSError in Python
 */
export function mountLibrary(fileSystem, index, read) {
  fileSystem['mkdirTree']('/pyem/lib');
  fillLater(fileSystem['lookupPath']('/pyem/lib')['node'], () => folderOf(fileSystem, index(), read));
}

/** @param {Node} fileSystem @param {LibraryIndex} index @param {(name: string) => Uint8Array} read @returns {Folder} */
function folderOf(fileSystem, index, read) {
  /** @type {Folder} */
  const root = new Map();
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
      const start = end;
      end += size;
      const parts = path.split('/');
      const file = parts.pop() ?? '';
      const folder = parts.reduce((above, part) => {
        if (!above.has(part)) above.set(part, new Map());
        return /** @type {Folder} */ (above.get(part));
      }, root);
      folder.set(file, { size, content: () => content().subarray(start, start + size) });
    }
  }
  return root;
}

/**
 * Gives a folder of MEMFS content that becomes nodes when it is looked up.
 *
 * @param {Node} node the folder's
 * @param {() => Folder} list
 */
function fillLater(node, list) {
  const { node_ops: known, contents } = node;
  /** What has not become a node. @type {Folder | undefined} */
  let left;
  let making = false;
  /** @param {string} name @param {Folder | File} entry */
  const make = (name, entry) => {
    const { mtime } = node;
    const isFolder = entry instanceof Map;
    making = true;
    const made = known['mknod'](node, name, isFolder ? FOLDER : READ_ONLY, 0);
    making = false;
    left?.delete(name);
    for (const date of DATES) made[date] = DATE;
    node['mtime'] = mtime;
    if (isFolder) fillLater(made, () => entry);
    else makeFile(made, entry);
    return made;
  };
  node['node_ops'] = {
    ...known,
    /** @param {Node} parent @param {string} name */
    lookup(parent, name) {
      left ??= list();
      const entry = left.get(name);
      return entry ? make(name, entry) : known['lookup'](parent, name);
    },
  };
  // Who lists the folder, or removes something from it, sees all of it.
  Object.defineProperty(node, 'contents', {
    get() {
      left ??= list();
      if (!making) for (const [name, entry] of left) make(name, entry);
      return contents;
    },
  });
  for (const date of DATES) node[date] = DATE;
}

/** @param {Node} node @param {File} file */
function makeFile(node, { size, content }) {
  node['usedBytes'] = size;
  Object.defineProperty(node, 'contents', {
    configurable: true,
    get: content,
    /** @param {Uint8Array} value whoever writes to the file has a copy */
    set: (value) => Object.defineProperty(node, 'contents', { value, writable: true }),
  });
}
