/**
 * Tabs as https://www.w3.org/WAI/ARIA/apg/patterns/tabs/ (read 2026-11-22) has them: one stop for Tab, arrows go on.
 *
 * @param {HTMLElement} list the `tablist`
 * @param {(panel: string) => void} onChange told the id of the panel that is shown now
 */
export function makeTabs(list, onChange) {
  const tabs = /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[role="tab"]')]);
  /** @param {HTMLElement} chosen */
  const choose = (chosen) => {
    for (const tab of tabs) {
      tab.ariaSelected = String(tab === chosen);
      tab.tabIndex = tab === chosen ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute('aria-controls') ?? '');
      if (panel) panel.hidden = tab !== chosen;
    }
    onChange(chosen.getAttribute('aria-controls') ?? '');
  };
  for (const tab of tabs) tab.addEventListener('click', () => choose(tab));
  list.addEventListener('keydown', (event) => {
    const at = tabs.findIndex((tab) => tab === event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const tab = tabs[to % tabs.length];
    tab.focus();
    choose(tab);
  });
}
