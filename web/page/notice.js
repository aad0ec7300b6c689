/** Time for which a notice is shown, in ms. */
const NOTICE_STAYS = 8000;

/** The line above the composer with a sentence for the user. */
export class Notice {
  #node = document.getElementById('notice');
  #timer = null;

  /** @param {string} text replaces the current sentence; an empty text hides the line */
  show(text) {
    clearTimeout(this.#timer);
    this.#node.textContent = text;
    if (text) this.#timer = setTimeout(() => this.show(''), NOTICE_STAYS);
  }
}
