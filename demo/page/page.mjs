// Small things that all parts of the page use.

/** For a visitor. @param {unknown} thrown errors, and emscripten's ExitStatus, which is none @returns {string} */
export function messageOf(thrown) {
  return Object(thrown).message ?? `${thrown}`;
}

/** @param {string} id @returns {HTMLElement} */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** @param {string} id @param {(string | { text: string, kind: string })[][]} rows */
export function fillTable(id, rows) {
  const lines = rows.map((row) => {
    const line = document.createElement('tr');
    for (const cell of row) {
      const td = line.insertCell();
      if (typeof cell === 'string') td.textContent = cell;
      else {
        td.textContent = cell.text;
        td.className = cell.kind;
      }
    }
    return line;
  });
  element(id).replaceChildren(...lines);
}

/** The median, and the quartiles beside it. @param {number[]} values */
export function summary(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/**
 * Does what a button is for, once at a time, and shows what went wrong.
 *
 * @param {string} id of the button
 * @param {string} place where that is shown
 * @param {() => Promise<void>} work
 */
export function onPress(id, place, work) {
  const button = /** @type {HTMLButtonElement} */ (element(id));
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      await work();
    } catch (error) {
      element(place).textContent = messageOf(error);
    } finally {
      button.disabled = false;
    }
  });
}

/** Name and version of the browser's engine, as far as it is known. */
export function engineName() {
  const agent = navigator.userAgent;
  const version = (/** @type {string} */ name) => new RegExp(`${name}/([\\d.]+)`).exec(agent)?.[1];
  if (version('Firefox')) return `SpiderMonkey, Firefox ${version('Firefox')}`;
  if (version('Chrome')) return `V8, Chromium ${version('Chrome')}`;
  // WebKit's browsers report Safari's version.
  return version('AppleWebKit') ? `JavaScriptCore, WebKit, Version/${version('Version')}` : agent;
}
