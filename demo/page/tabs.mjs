// Tabs, by mouse and keyboard: https://www.w3.org/WAI/ARIA/apg/patterns/tabs/

/** @param {(name: string) => void} onSelect */
export function selectTab(onSelect) {
  const tabs = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[role=tab]')]);

  /** @param {HTMLElement} tab */
  function select(tab) {
    for (const each of tabs) {
      const selected = each === tab;
      each.setAttribute('aria-selected', `${selected}`);
      each.tabIndex = selected ? 0 : -1;
      const panel = document.getElementById(each.getAttribute('aria-controls') ?? '');
      if (panel) panel.hidden = !selected;
    }
    onSelect(tab.getAttribute('aria-controls') ?? '');
  }

  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener('click', () => select(tab));
    tab.addEventListener('keydown', ({ key }) => {
      const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      if (step === 0 || !next) return;
      next.focus();
      select(next);
    });
  }
}
