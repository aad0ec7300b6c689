import { isComposing } from './keys.js';
import { MentionList } from './mention-list.js';

/** Maximum length of a message in characters, until the server has named its own limit. */
const TEXT_CHARACTERS = 4000;

/**
 * A text field for a message, with its button and its list of names. The field grows with its text, and says how much
 * too long the text is. Enter submits the text.
 */
export class MessageField {
  #text;
  #button;
  #over;
  #mentions;
  #parts;

  /**
   * @param {object} parts
   * @param {HTMLFormElement} parts.form contains the field, the button and the place for the excess; its parent
   *   contains the list of names
   * @param {() => number | undefined} parts.limit returns the maximum length in characters; undefined before the first
   *   `welcome`
   * @param {() => Iterable<string>} parts.names returns the names to offer after an `@`
   * @param {() => void} parts.submit called if the text can be sent
   * @param {() => void} parts.changed called when the user changed the text
   * @param {(event: KeyboardEvent) => void} [parts.key] called for a key that the field does not use itself
   */
  constructor(parts) {
    const { form, names } = this.#parts = parts;
    this.#text = form.querySelector('textarea');
    this.#button = form.querySelector('.send');
    this.#over = form.querySelector('.over');
    this.#mentions = new MentionList({
      field: this.#text, names, list: form.parentElement.querySelector('.mention-list'), status: form.parentElement.querySelector('.mention-status'),
      chosen: () => this.#changed(),
    });
    form.addEventListener('submit', event => {
      event.preventDefault();
      this.#submit();
    });
    this.#text.addEventListener('input', () => this.#changed());
    this.#text.addEventListener('keydown', event => this.#key(event));
  }

  get value() {
    return this.#text.value;
  }

  /** Replaces the text. This does not call `changed`. */
  set value(text) {
    this.#text.value = text;
    this.#mentions.close();
    this.#measure();
  }

  get readOnly() {
    return this.#text.readOnly;
  }

  /** @param {string} text the text of the empty field */
  set placeholder(text) {
    this.#text.placeholder = text;
  }

  focus() {
    this.#text.focus();
  }

  toEnd() {
    this.#text.setSelectionRange(this.value.length, this.value.length);
  }

  /** @param {boolean} blocked whether the user cannot write. The field keeps its text and the focus */
  block(blocked) {
    this.#text.readOnly = blocked;
    this.#text.setAttribute('aria-disabled', String(blocked));
    if (blocked) this.#mentions.close();
    this.#measure();
  }

  #changed() {
    this.#measure();
    this.#parts.changed();
  }

  #submit() {
    if (this.value.trim() === '' || this.#excess() > 0 || this.readOnly) return;
    this.#parts.submit();
  }

  #key(event) {
    if (isComposing(event) || this.#mentions.key(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else {
      this.#parts.key?.(event);
    }
  }

  #excess() {
    // The limit is a number of Unicode code points, not of UTF-16 units.
    return [...this.value.trim()].length - (this.#parts.limit() ?? TEXT_CHARACTERS);
  }

  #measure() {
    this.#text.style.height = 'auto';
    this.#text.style.height = `${this.#text.scrollHeight}px`;
    const excess = this.#excess();
    this.#over.textContent = excess > 0 ? `${excess} ${excess === 1 ? 'character' : 'characters'} too long` : '';
    this.#button.disabled = this.value.trim() === '' || excess > 0 || this.readOnly;
  }
}
