// What a restored CPython needs before it goes on. Licence: MIT OR Apache-2.0.

import { fail } from './format.mjs';

/** @typedef {import('./instance.mjs').Target} Target */

/**
 * What Python keeps of randomness in memory, made anew, and what it found missing in the file system.
 * `os.urandom`, `secrets` and `uuid.uuid4` ask the engine each time and need nothing. The hash seed
 * cannot be changed: docs/snapshots.md.
 */
const RESEED = `
import os, sys
def reseed():
    loaded = sys.modules.get
    if random := loaded('random'):
        random.seed()
    if tempfile := loaded('tempfile'):
        tempfile._name_sequence = None
    if uuid := loaded('uuid'):
        uuid._node = uuid._last_timestamp = None
    if process := loaded('multiprocessing.process'):
        process.current_process().authkey = os.urandom(32)
    # Folders that were missing may be there now.
    for path in [path for path, finder in sys.path_importer_cache.items() if finder is None]:
        del sys.path_importer_cache[path]
sys._pyem_reseed = reseed
`;
// They run in `__main__`, and add no name to it.
const DEFINE = `__import__('builtins').exec(${JSON.stringify(RESEED)}, {})`;
const CALL = `
try: __import__('sys')._pyem_reseed()
except AttributeError:
    ${DEFINE}
    __import__('sys')._pyem_reseed()
`;

/**
 * Gives a restored CPython randomness of its own, and lets it look again for folders of `sys.path`
 * that were missing. Call it in each restored instance.
 *
 * @param {Target} target exports `_PyRun_SimpleString`, `_PyGILState_Ensure`, `_PyGILState_Release` and `ccall`
 * @throws {SnapshotError}
 */
export function reseed(target) {
  run(target, CALL);
}

/**
 * Compiles what `reseed` runs, which takes longer than running it. A snapshot that is taken afterwards has it.
 *
 * @param {Target} target as of `reseed`, with Python started
 * @throws {SnapshotError}
 */
export function prepareReseed(target) {
  run(target, DEFINE);
}

/** @param {Target} target @param {string} source */
function run(target, source) {
  const { 'ccall': ccall } = target;
  if (!target['_PyRun_SimpleString'] || !target['_PyGILState_Ensure'] || !target['_PyGILState_Release'] || !ccall) {
    fail(
      'set-up',
      'link with -sEXPORTED_FUNCTIONS=_main,_PyRun_SimpleString,_PyGILState_Ensure,_PyGILState_Release -sEXPORTED_RUNTIME_METHODS=ccall',
    );
  }
  // Embedders that let go of Python between calls (pyo3) have no thread attached now.
  const state = target['_PyGILState_Ensure']();
  const failed = ccall('PyRun_SimpleString', 'number', ['string'], [source]) !== 0;
  target['_PyGILState_Release'](state);
  if (failed) fail('set-up', 'reseeding failed in Python: standard error says why');
}
