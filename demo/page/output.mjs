// What Python prints. It may print without end: the page appends now and then, and forgets what is old.

const PAUSE_MS = 30;
const MOST_CHARACTERS = 200_000;

/** @param {HTMLElement} place */
export function createOutput(place) {
  /** @type {[string, string][]} */
  let pending = [];
  let characters = 0;

  /** @param {string} text @param {string} kind */
  function append(text, kind) {
    const last = place.lastElementChild;
    const joined = last?.className === kind && kind !== 'typed' && (last.textContent?.length ?? 0) < 10_000;
    const part = joined ? last : document.createElement('span');
    part.className = kind;
    part.append(text);
    if (!joined) place.append(part);
    characters += text.length;
    while (characters > MOST_CHARACTERS && place.firstElementChild !== part) {
      characters -= place.firstElementChild?.textContent?.length ?? 0;
      place.firstElementChild?.remove();
    }
    return part;
  }

  function flush() {
    const parts = pending;
    pending = [];
    for (const [text, kind] of parts) append(text, kind);
    place.scrollTop = place.scrollHeight;
  }

  return {
    /** @param {string} text @param {string} kind */
    print(text, kind) {
      if (pending.length === 0) setTimeout(flush, PAUSE_MS);
      pending.push([text, kind]);
    },
    /** At once, as a part of its own. @param {string} text */
    printTyped(text) {
      flush();
      const part = append(text, 'typed');
      place.scrollTop = place.scrollHeight;
      return part;
    },
  };
}
