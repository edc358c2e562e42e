// The file system of an instance: recorded once, set back after each call, and limited. Licence: MIT OR Apache-2.0.
//
// Emscripten keeps it in JavaScript: a tree of nodes, a table that finds them by name, a list of open streams.

/** @typedef {Record<string, any>} FileSystem emscripten's FS */
/** @typedef {Record<string, any>} Fields of a node or a stream */

const ENAMETOOLONG = 37;
const ENOSPC = 51;
/** As in Linux. */
const LONGEST_NAME = 255;
/** What a node costs, about. */
const NODE_BYTES = 1024;

/** What the pool calls, records or replaces. */
const USED = [
  ...['nameTable', 'streams', 'nextInode', 'currentPath', 'initialized', 'ignorePermissions', 'root', 'ErrnoError'],
  ...['init', 'makedev', 'mkdev', 'registerDevice', 'mkdirTree', 'writeFile', 'open', 'closeStream'],
  ...['write', 'msync', 'doTruncate', 'createNode', 'rename', 'symlink'],
];

/** Fails if emscripten's FS is another one, which the pool could not set back or limit. @param {FileSystem} fs */
export function checkFileSystem(fs) {
  const missing = USED.filter((name) => !(name in fs));
  if (missing.length === 0) return;
  throw new Error(
    `FS has no ${missing.join(', ')}: link with emscripten 6.0.5 or later, without -sWASMFS and --closure`,
  );
}

/** @param {Fields} object @param {Fields} fields */
function setFields(object, fields) {
  for (const key of Object.keys(object)) if (!(key in fields)) delete object[key];
  Object.assign(object, fields);
}

/** @param {unknown} contents @returns {contents is Record<string, object>} those of a folder */
function isFolder(contents) {
  return typeof contents === 'object' && contents !== null && !ArrayBuffer.isView(contents);
}

/**
 * Records all nodes, streams and settings.
 *
 * @param {FileSystem} fs
 */
export function recordFiles(fs) {
  /** @type {Map<Fields, Fields>} */
  const nodes = new Map();
  for (const first of fs['nameTable']) {
    for (let node = first; node; node = node['name_next']) {
      const fields = { ...node };
      if (isFolder(fields['contents'])) fields['contents'] = { ...fields['contents'] };
      nodes.set(node, fields);
    }
  }
  const names = [...fs['nameTable']];
  const streams = fs['streams'].map((/** @type {Fields | null} */ stream) => ({
    stream,
    fields: { ...stream },
    shared: { ...stream?.['shared'] },
  }));
  const settings = Object.fromEntries(
    ['nextInode', 'currentPath', 'initialized', 'ignorePermissions', 'root'].map((name) => [name, fs[name]]),
  );

  return {
    /** Whether the contents of a file are those that were recorded, which nobody may write into. */
    isRecorded: (/** @type {Fields} */ node) =>
      ArrayBuffer.isView(node['contents']) && nodes.get(node)?.['contents'] === node['contents'],

    setBack() {
      for (const [node, fields] of nodes) {
        setFields(node, fields);
        // The folder may gain files, the record may not.
        if (isFolder(fields['contents'])) node['contents'] = { ...fields['contents'] };
      }
      for (const [index, node] of names.entries()) fs['nameTable'][index] = node;
      fs['streams'].length = 0;
      for (const { stream, fields, shared } of streams) {
        fs['streams'].push(stream);
        if (!stream) continue;
        setFields(stream, fields);
        setFields(stream['shared'], shared);
      }
      Object.assign(fs, settings);
    },
  };
}

/**
 * Counts what a call stores in files, pipes and output, all of which lie outside the memory of WebAssembly.
 * Beyond the limit there is no space left on the device.
 *
 * @param {FileSystem} fs
 * @param {(node: Fields) => boolean} isRecorded
 * @param {number} free a device that counts by itself
 */
export function limitFiles(fs, isRecorded, free) {
  let left = Number.POSITIVE_INFINITY;
  const charge = (/** @type {number} */ bytes) => {
    if (bytes > left) throw new fs['ErrnoError'](ENOSPC);
    left -= bytes;
  };
  /** @param {Fields} node @param {number} at @param {number} length */
  const beforeWriting = (node, at, length) => {
    // Only files have a size. A gap before what is written takes space, too.
    const { usedBytes: end } = node;
    const gap = end === undefined ? 0 : Math.max(0, at - end);
    if (node['rdev'] !== free) charge(gap + length);
    if (isRecorded(node)) node['contents'] = node['contents'].slice();
  };
  const checkName = (/** @type {string} */ name) => {
    if (name.length > LONGEST_NAME) throw new fs['ErrnoError'](ENAMETOOLONG);
  };
  const { write, msync, doTruncate, createNode, rename, symlink } = fs;
  /** @type {(stream: Fields, buffer: Uint8Array, offset: number, length: number, position?: number, canOwn?: boolean) => number} */
  fs['write'] = (stream, buffer, offset, length, position, canOwn) => {
    beforeWriting(stream['node'], position ?? stream['position'], length);
    return write.call(fs, stream, buffer, offset, length, position, canOwn);
  };
  /** @type {(stream: Fields, buffer: Uint8Array, offset: number, length: number, flags: number) => number} */
  fs['msync'] = (stream, buffer, offset, length, flags) => {
    beforeWriting(stream['node'], offset, length);
    return msync.call(fs, stream, buffer, offset, length, flags);
  };
  fs['doTruncate'] = (/** @type {Fields} */ stream, /** @type {Fields} */ node, /** @type {number} */ length) => {
    charge(Math.max(0, length - (node['usedBytes'] ?? 0)));
    return doTruncate.call(fs, stream, node, length);
  };
  fs['createNode'] = (/** @type {Fields} */ parent, /** @type {string} */ name, /** @type {number[]} */ ...rest) => {
    checkName(name);
    charge(NODE_BYTES);
    return createNode.call(fs, parent, name, ...rest);
  };
  fs['rename'] = (/** @type {string} */ from, /** @type {string} */ to) => {
    to.split('/').forEach(checkName);
    return rename.call(fs, from, to);
  };
  fs['symlink'] = (/** @type {string} */ to, /** @type {string} */ path) => {
    charge(to.length);
    return symlink.call(fs, to, path);
  };
  return {
    /** @param {number} bytes for the next call */
    allow(bytes) {
      left = bytes;
    },
  };
}
