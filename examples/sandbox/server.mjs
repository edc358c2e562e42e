// A service that runs posted Python, each time in a fresh interpreter: node server.mjs FOLDER [PORT [TIMEOUT]].
// FOLDER has python.mjs, python.wasm, python.minor, python.snapshot and library.zip.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { createPool, PoolError } from 'pyem-trampoline/pool';

const [folder = '.', port = '8080', timeout = '2000'] = process.argv.slice(2);
const MOST_BYTES = 1_000_000;
const LIMITS = { timeout: Number(timeout), memory: 64 * 1024 * 1024, queue: 200 };

const minor = readFileSync(`${folder}/python.minor`, 'utf8').replace('.', '');
const pool = await createPool({
  glue: pathToFileURL(`${folder}/python.mjs`),
  wasm: readFileSync(`${folder}/python.wasm`),
  snapshot: readFileSync(`${folder}/python.snapshot`),
  files: { [`/pyem/lib/python${minor}.zip`]: readFileSync(`${folder}/library.zip`) },
  ...LIMITS,
});

/** @param {import('node:http').IncomingMessage} request @returns {Promise<string | undefined>} undefined if it is too long */
async function bodyOf(request) {
  const parts = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length <= MOST_BYTES) parts.push(part);
  }
  return length > MOST_BYTES ? undefined : Buffer.concat(parts).toString();
}

/** @param {import('node:http').IncomingMessage} request @returns {Promise<[status: number, answer: unknown]>} */
async function answer(request) {
  if (request.url === '/statistics') return [200, pool.statistics];
  if (request.method !== 'POST') return [405, { error: { message: 'POST { "source": "1 + 1", "globals": {} }' } }];
  const body = await bodyOf(request);
  if (body === undefined) return [413, { error: { message: `a request has at most ${MOST_BYTES} bytes` } }];
  try {
    const { source, globals = {} } = Object(JSON.parse(body));
    const result = await pool.run(source, { globals });
    return [result.error?.code === 'queue-full' ? 503 : 200, result];
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof PoolError) return [400, { error: { message: error.message } }];
    throw error;
  }
}

/** Mostly, the client has gone. One request may not end the service. @param {unknown} error @returns {[number, unknown]} */
function failed(error) {
  process.stderr.write(`${error}\n`);
  return [500, { error: { message: 'the service failed' } }];
}

const server = createServer(async (request, response) => {
  const [status, result] = await answer(request).catch(failed);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(result));
});
server.listen(Number(port), '127.0.0.1', () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  process.stdout.write(`http://127.0.0.1:${address.port}\n`);
});
