/** Time for which a notice is shown, in ms. */
const NOTICE_STAYS = 8000;

/** A line above a message field with a sentence for the user. */
export class Notice {
  #node;
  #timer = null;

  /** @param {string} id id of the line's element */
  constructor(id) {
    this.#node = document.getElementById(id);
  }

  /** @param {string} text replaces the current sentence; an empty text hides the line */
  show(text) {
    clearTimeout(this.#timer);
    this.#node.textContent = text;
    if (text) this.#timer = setTimeout(() => this.show(''), NOTICE_STAYS);
  }
}
