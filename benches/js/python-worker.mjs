// Runs measure.py in the interpreter that the address names: ?folder=ours&path=wasm-gc&argument=….

const { searchParams } = new URL(location.href);
const path = searchParams.get('path');
const { default: createPython } = await import(`./${searchParams.get('folder')}/python.mjs`);
const minor = await (await fetch(`./${searchParams.get('folder')}/python.minor`)).text();
const stdlib = new Uint8Array(await (await fetch('stdlib.zip')).arrayBuffer());
/** Path and text. @type {Record<string, string>} */
const files = await (await fetch('files.json')).json();

let output = '';
/** @type {number | undefined} */
let exit;
const print = (/** @type {string} */ line) => {
  output += `${line}\n`;
};
try {
  await createPython({
    arguments: ['/bench/measure.py', ...searchParams.getAll('argument')],
    pyemTrampolineOptions: path ? { path } : {},
    print,
    printErr: print,
    /** @param {Record<string, any>} instance */
    preRun({ FS, ENV }) {
      FS.mkdirTree(`/pyem/lib/python${minor}`);
      FS.writeFile(`/pyem/lib/python${minor.replace('.', '')}.zip`, stdlib);
      for (const [name, text] of Object.entries(files)) {
        FS.mkdirTree(name.slice(0, name.lastIndexOf('/')));
        FS.writeFile(name, text);
      }
      Object.assign(ENV, { PYTHONHOME: '/pyem', PYTHONHASHSEED: '0', PYTHONDONTWRITEBYTECODE: '1' });
    },
    onExit: (/** @type {number} */ code) => {
      exit = code;
    },
  });
} catch (error) {
  if (Object(error).name !== 'ExitStatus') print(`${error}`);
}
postMessage({ exit, output });
