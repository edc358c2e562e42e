// Fetches and unpacks what Python needs, with progress. The files are gzip whatever the server thinks of
// them: their names end in .bin, so that none adds an encoding of its own.

/** @typedef {import('./worker.mjs').Assets} Assets */

/** A problem that a visitor can read. */
export class PageError extends Error {}

// Captured: the worker with Pyodide in it puts a function in its place, which calls this module.
const { fetch } = globalThis;

/** @param {string} name @param {string} version of all files; a server or a browser may keep old ones */
function urlOf(name, version) {
  const url = new URL(name, import.meta.url);
  url.search = version;
  return url;
}

/**
 * @param {string} name for the visitor
 * @param {URL} url
 * @param {(bytes: number) => void} onBytes
 * @param {RequestInit} [options]
 * @returns {Promise<{ headers: Headers, body: ReadableStream<Uint8Array<ArrayBuffer>> }>} its content, which is counted
 */
export async function fetchCounted(name, url, onBytes, options) {
  const response = await fetch(url, options).catch((error) => {
    throw new PageError(`${name} could not be downloaded (${error}). Is the network up? Load the page again.`);
  });
  if (!response.ok || !response.body) {
    throw new PageError(
      `${name} could not be downloaded: the server says ${response.status}. Load the page again later.`,
    );
  }
  const body = response.body.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        onBytes(chunk.length);
        controller.enqueue(chunk);
      },
    }),
  );
  return { headers: response.headers, body };
}

/**
 * @template T
 * @param {string} name
 * @param {string} version
 * @param {(bytes: number) => void} onBytes
 * @param {(unpacked: Response) => Promise<T>} take what is to come of it
 * @returns {Promise<T>}
 */
async function fetchUnpacked(name, version, onBytes, take) {
  const { body } = await fetchCounted(name, urlOf(name, version), onBytes);
  const headers = { 'content-type': name.includes('.wasm') ? 'application/wasm' : 'application/octet-stream' };
  try {
    return await take(new Response(body.pipeThrough(new DecompressionStream('gzip')), { headers }));
  } catch (error) {
    throw new PageError(`${name} did not come whole (${error}). Load the page again.`);
  }
}

/** Memory that each worker gets without a copy, where the page may share it. @param {ArrayBuffer} bytes */
function share(bytes) {
  if (!globalThis.crossOriginIsolated || typeof SharedArrayBuffer !== 'function') return bytes;
  const shared = new SharedArrayBuffer(bytes.byteLength);
  new Uint8Array(shared).set(new Uint8Array(bytes));
  return shared;
}

/** The adaptor's types need it: the smallest module with a type of WebAssembly GC. */
export function hasWasmGc() {
  if (typeof WebAssembly !== 'object') return false;
  // magic, version; type section of 4 bytes: one type, a struct without fields
  return WebAssembly.validate(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 3, 1, 0x5f, 0]));
}

export function hasJspi() {
  return typeof WebAssembly === 'object' && 'Suspending' in WebAssembly;
}

/**
 * What the build wrote of the page's files.
 *
 * @typedef {object} Manifest
 * @property {string} build of demo.wasm
 * @property {string} version of all files
 * @property {number} bytes to download before Python answers, packed
 * @property {{ version: string, download: number, files: Record<string, number> }} pyodide for the view "Attach":
 *   bytes to download if the server compresses; bytes of each file
 */

/** @returns {Promise<Manifest>} */
export async function fetchManifest() {
  if (typeof WebAssembly !== 'object') {
    throw new PageError('This browser has no WebAssembly, or it is switched off. Python cannot run without it.');
  }
  const manifest = await fetch(new URL('manifest.json', import.meta.url), { cache: 'no-cache' }).catch((error) => {
    throw new PageError(`manifest.json could not be downloaded (${error}). Is the network up?`);
  });
  if (!manifest.ok) throw new PageError(`manifest.json could not be downloaded: the server says ${manifest.status}.`);
  return manifest.json().catch(() => {
    throw new PageError('manifest.json is not what was uploaded. Is this the whole folder?');
  });
}

/**
 * @param {Manifest} manifest
 * @param {(share: number) => void} onProgress from 0 to 1
 * @returns {Promise<Assets>}
 */
export async function fetchAssets({ build, version, bytes }, onProgress) {
  let loaded = 0;
  /** @template T @param {string} name @param {(unpacked: Response) => Promise<T>} take */
  const unpacked = (name, take) =>
    fetchUnpacked(
      name,
      version,
      (more) => {
        loaded += more;
        onProgress(loaded / bytes);
      },
      take,
    );
  const compile = (/** @type {string} */ name) => unpacked(name, (response) => WebAssembly.compileStreaming(response));
  const [module, upstream, index, library, snapshot] = await Promise.all([
    compile('demo.wasm.bin'),
    hasWasmGc() ? compile('upstream.wasm.bin') : null,
    unpacked('library.json.bin', (response) => response.text()),
    unpacked('library/start.bin', (response) => response.blob()),
    // Not inspected: gzip has a checksum of the same bytes, which the browser has compared.
    unpacked('python.snapshot.bin', async (response) => share(await response.arrayBuffer())),
  ]);
  return { module, upstream, index, library, snapshot, build, version };
}
