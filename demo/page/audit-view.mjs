// The view "Audit": C functions of another type than Python calls, in wheels and in the standard library of stock Pyodide.

import { element, engineName, fillTable, messageOf } from './page.mjs';
import { Pyodide } from './pyodide-client.mjs';

/** @typedef {import('./audit/index.mjs').Finding} Finding */
/** @typedef {import('./audit/index.mjs').FunctionType} FunctionType */
/** @typedef {import('./audit-worker.mjs').Audit} Audit */
/** @typedef {import('./audit-worker.mjs').Package} Package */

/** @param {FunctionType | null} type */
function typeText(type) {
  if (!type) return 'no function';
  return `(${type.parameters.join(', ')}) → ${type.results.join(', ') || 'void'}`;
}

/** @param {Finding} finding */
const whereOf = ({ module, name }) => [module, name].filter(Boolean).join('.');

/** @param {Finding[]} findings */
function counts(findings) {
  const texts = ['traps', 'refused', 'handled'].flatMap((verdict) => {
    const { length } = findings.filter((each) => each.verdict === verdict);
    return length > 0 ? [`${length} ${verdict}`] : [];
  });
  return texts.join(', ') || 'no mismatched function';
}

/** @param {string} text in which code is between backticks @returns {(string | HTMLElement)[]} */
function withCode(text) {
  return text.split('`').map((part, index) => {
    if (index % 2 === 0) return part;
    const code = document.createElement('code');
    code.textContent = part;
    return code;
  });
}

/** How each kind is put right in the source. @param {Finding[]} findings */
function showAdvice(findings) {
  const bySlot = new Map(findings.map(({ slot, advice }) => [slot, advice]));
  const lines = [...bySlot].flatMap(([slot, advice]) => {
    const term = document.createElement('dt');
    term.textContent = slot;
    const ways = Object.entries({ C: `\`${advice.c}\``, Cython: advice.cython, pybind11: advice.pybind11 });
    const descriptions = ways.map(([language, text]) => {
      const description = document.createElement('dd');
      description.append(`${language}: `, ...withCode(text));
      return description;
    });
    return [term, ...descriptions];
  });
  element('audit-advice').replaceChildren(...lines);
  element('audit-advice-part').hidden = lines.length === 0;
}

/** @param {Package[]} packages */
function showPackages(packages) {
  const lines = packages.map(({ name, text, failed, modules, findings }) => {
    const line = document.createElement('li');
    const title = document.createElement('strong');
    title.textContent = name;
    line.append(title, `: ${text}`, modules > 0 ? `: ${counts(findings)}` : '');
    if (failed) line.className = 'refused';
    return line;
  });
  element('audit-packages').replaceChildren(...lines);
}

/** @param {Finding} finding @param {boolean} mended */
function repairText({ verdict, left }, mended) {
  if (verdict === 'handled') return 'not required';
  if (left !== null) return `left as it is: ${left}`;
  return mended ? `an adapter is in its place; it was: ${verdict}` : 'an adapter mends it';
}

/** @param {Finding[]} findings @param {boolean[]} [mended] of each */
function showFindings(findings, mended = []) {
  const rows = findings.map((each, index) => [
    whereOf(each),
    each.slot,
    typeText(each.declared),
    typeText(each.expected),
    mended[index] ? { text: 'mended', kind: 'mended' } : { text: each.verdict, kind: each.verdict },
    repairText(each, mended[index] ?? false),
  ]);
  fillTable('audit-rows', rows);
  element('audit-table').hidden = rows.length === 0;
}

/** @param {Promise<import('./assets.mjs').Manifest>} manifest */
export function createAuditView(manifest) {
  const conditions = element('audit-conditions');
  const progress = /** @type {HTMLProgressElement} */ (element('audit-progress'));
  const button = (/** @type {string} */ id) => /** @type {HTMLButtonElement} */ (element(id));
  const [libraryButton, stopButton, repairButton, undoButton] = [
    button('audit-library'),
    button('audit-stop'),
    button('audit-repair'),
    button('audit-undo'),
  ];
  const input = /** @type {HTMLInputElement} */ (element('audit-files'));
  const panel = element('audit');
  /** @type {Pyodide | undefined} */
  let pyodide;
  /** What the audit found before anything was mended. @type {Finding[]} */
  let before = [];

  manifest.then(
    ({ pyodide: { version, download } }) => {
      element('audit-size').textContent =
        `It runs in Pyodide ${version}, ${(download / 1e6).toFixed(1)} MB, which is downloaded when you begin. ` +
        'Your files stay in this browser.';
    },
    () => {},
  );

  /**
   * Does what was asked for; until then only Stop can be pressed.
   *
   * @param {() => Promise<void>} work
   * @param {'audited' | 'repaired'} after
   */
  async function run(work, after) {
    libraryButton.disabled = repairButton.disabled = undoButton.disabled = input.disabled = true;
    stopButton.disabled = progress.hidden = false;
    let done = false;
    try {
      await work();
      done = true;
    } catch (error) {
      conditions.textContent = messageOf(error);
      // Whatever state it is in.
      pyodide?.close();
    }
    libraryButton.disabled = input.disabled = false;
    repairButton.disabled = !(done && after === 'audited' && before.some((each) => each.verdict !== 'handled'));
    undoButton.disabled = !(done && after === 'repaired');
    stopButton.disabled = progress.hidden = true;
    // A disabled button would take the focus along.
    if (document.activeElement === document.body) {
      const next = [undoButton, repairButton].find((each) => !each.disabled) ?? libraryButton;
      next.focus({ preventScroll: true });
    }
  }

  /** Nothing of an earlier audit is in the Pyodide of the next. @param {string} method @param {unknown[]} given */
  async function audit(method, ...given) {
    progress.value = 0;
    showPackages([]);
    showFindings([]);
    showAdvice([]);
    pyodide?.close();
    const { version, pyodide: stock } = await manifest;
    conditions.textContent = `Pyodide ${stock.version} is loading …`;
    pyodide = new Pyodide(
      'pyodide/audit-worker.js',
      version,
      (share) => {
        progress.value = share;
      },
      (step) => {
        progress.removeAttribute('value');
        conditions.textContent = `Pyodide ${stock.version}: ${step} …`;
      },
    );
    /** @type {Audit} */
    const { python, checked, packages } = await pyodide.call(method, stock, ...given);
    before = packages.flatMap(({ findings }) => findings);
    showPackages(packages);
    showFindings(before);
    showAdvice(before);
    const nothing = packages.every(({ modules }) => modules === 0);
    conditions.textContent = nothing
      ? `Pyodide ${stock.version}, CPython ${python}: no extension module was imported.`
      : `Pyodide ${stock.version}, CPython ${python}: ${checked} function pointers were compared: ${counts(before)}. ` +
        `${engineName()}.`;
  }

  /** @param {'repair' | 'undo'} method @param {string} done */
  async function change(method, done) {
    if (!pyodide) return;
    progress.removeAttribute('value');
    conditions.textContent = 'Changing and comparing …';
    /** Of each finding. @type {boolean[]} */
    const mended = await pyodide.call(method);
    showFindings(before, mended);
    const left = before.filter((_, index) => !mended[index]);
    conditions.textContent = `Before: ${counts(before)}. ${done} and audited again: ${counts(left)}.`;
  }

  const auditFiles = (/** @type {FileList | null | undefined} */ files) => {
    if (files && files.length > 0) run(() => audit('auditWheels', [...files]), 'audited');
  };
  libraryButton.addEventListener('click', () => run(() => audit('auditLibrary'), 'audited'));
  repairButton.addEventListener('click', () => run(() => change('repair', 'Repaired'), 'repaired'));
  undoButton.addEventListener('click', () => run(() => change('undo', 'Undone'), 'audited'));
  stopButton.addEventListener('click', () => pyodide?.close('Stopped.'));
  input.addEventListener('change', () => {
    auditFiles(input.files);
    // The same file may be chosen again, once it is mended.
    input.value = '';
  });
  // A file that is dropped beside the panel would replace the page.
  document.addEventListener('dragover', (event) => {
    if (panel.hidden) return;
    event.preventDefault();
    panel.classList.add('dropping');
  });
  document.addEventListener('dragleave', () => panel.classList.remove('dropping'));
  document.addEventListener('drop', (event) => {
    panel.classList.remove('dropping');
    if (panel.hidden) return;
    event.preventDefault();
    if (!input.disabled) auditFiles(event.dataTransfer?.files);
  });
}
