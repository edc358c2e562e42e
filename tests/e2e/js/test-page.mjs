// Runs test.py in a page; the address says the path: ?path=probe&expect=probe. The title says the result.

import createPython from './python.mjs';

const { searchParams } = new URL(location.href);
const path = searchParams.get('path');
const output = /** @type {HTMLElement} */ (document.getElementById('output'));
const minor = await (await fetch('python.minor')).text();
const [stdlib, test] = await Promise.all(
  ['stdlib.zip', 'test.py'].map(async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer())),
);
const print = (/** @type {string} */ line) => output.append(`${line}\n`);
try {
  await createPython({
    arguments: ['/test.py'],
    pyemTrampolineOptions: path ? { path } : {},
    print,
    printErr: print,
    /** @param {Record<string, any>} instance */
    preRun({ FS, ENV }) {
      FS.mkdirTree(`/pyem/lib/python${minor}`);
      FS.writeFile(`/pyem/lib/python${minor.replace('.', '')}.zip`, stdlib);
      FS.writeFile('/test.py', test);
      Object.assign(ENV, { PYTHONHOME: '/pyem', PYEM_EXPECT: searchParams.get('expect'), PYTHONUNBUFFERED: '1' });
    },
    onExit: (/** @type {number} */ code) => {
      document.title = `exit ${code}`;
    },
  });
} catch (error) {
  if (Object(error).name !== 'ExitStatus') print(`${error}`);
}
if (document.title === 'running') document.title = 'ended';
