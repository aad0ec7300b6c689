import { isComposing } from './keys.js';

/**
 * The panels with rooms and people. On a narrow screen they slide over the conversation. A closed panel cannot get the
 * focus. An open panel keeps the focus until Escape, its button or a tap outside closes it.
 */
export class Drawers {
  #app = document.getElementById('app');
  #shade = document.getElementById('shade');
  #main = document.querySelector('main');
  #drawers;
  #open = null;
  #coversMain = false;

  constructor() {
    this.#drawers = [
      this.#drawer('rooms', '(max-width: 719.98px)'),
      this.#drawer('people', '(max-width: 1023.98px)'),
    ];
    this.#shade.addEventListener('click', () => this.close());
    document.addEventListener('keydown', event => {
      if (event.key === 'Escape' && !isComposing(event)) this.close();
    });
    this.#settle();
  }

  close() {
    if (!this.#open) return;
    const { button } = this.#open;
    this.#open = null;
    this.#settle();
    button.focus();
  }

  /**
   * Makes the conversation unreachable while another panel covers it. On a wide screen, that panel is beside the
   * conversation, which then stays reachable.
   * @param {boolean} covers
   */
  cover(covers) {
    this.#coversMain = covers;
    this.#settle();
  }

  /** Whether the panels beside the conversation slide over it. */
  get isNarrow() {
    return this.#drawers[1].narrow.matches;
  }

  #drawer(name, query) {
    const drawer = {
      name, panel: document.getElementById(`${name}-panel`), button: document.getElementById(`show-${name}`), narrow: matchMedia(query),
    };
    drawer.button.addEventListener('click', () => {
      if (this.#open === drawer) return this.close();
      this.#open = drawer;
      this.#settle();
      drawer.panel.querySelector('[data-close-drawer]').focus();
    });
    drawer.panel.querySelector('[data-close-drawer]').addEventListener('click', () => this.close());
    drawer.narrow.addEventListener('change', () => this.#settle());
    return drawer;
  }

  #settle() {
    if (this.#open && !this.#open.narrow.matches) this.#open = null;
    for (const drawer of this.#drawers) {
      const open = this.#open === drawer;
      this.#app.classList.toggle(`show-${drawer.name}`, open);
      drawer.panel.inert = drawer.narrow.matches && !open;
      drawer.button.setAttribute('aria-expanded', String(open || !drawer.narrow.matches));
    }
    this.#main.inert = this.#open !== null || (this.#coversMain && this.isNarrow);
  }
}
