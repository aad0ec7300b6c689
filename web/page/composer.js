import { isComposing } from './keys.js';

/** Maximum length of a message in characters, until the server has named its own limit. */
const TEXT_CHARACTERS = 4000;

/** The text field for a new message, or for the new text of a message that is being edited. */
export class Composer {
  #form = document.getElementById('composer');
  #text = document.getElementById('composer-text');
  #button = this.#form.querySelector('.send');
  #label = document.getElementById('composer-label');
  #over = document.getElementById('composer-over');
  #editing = document.getElementById('editing');
  #parts;
  #edited = null;
  #draft = '';
  #blocked = document.getElementById('composer-blocked');

  /**
   * @param {object} parts
   * @param {(text: string) => boolean} parts.send returns false if the text was not sent; the text then stays in the
   *   field
   * @param {(seq: number, text: string) => boolean} parts.edit like `send`, but for an edit
   * @param {(draft: import('./drafts.js').Draft) => void} parts.changed called at each change of the draft
   * @param {() => void} parts.typing called when the user types a message
   * @param {() => number | undefined} parts.limit returns the maximum length in characters; undefined before the first
   *   `welcome`
   * @param {() => void} parts.editLast opens the user's last message for editing
   */
  constructor(parts) {
    this.#parts = parts;
    this.#form.addEventListener('submit', event => {
      event.preventDefault();
      this.#submit();
    });
    this.#text.addEventListener('input', () => {
      this.#measure();
      this.#parts.changed(this.draft);
      if (this.#text.value.trim() !== '' && !this.#edited) this.#parts.typing();
    });
    this.#text.addEventListener('keydown', event => this.#key(event));
    document.querySelector('.skip').addEventListener('click', event => {
      event.preventDefault();
      this.focus();
    });
    this.#editing.querySelector('button').addEventListener('click', () => this.stopEditing());
  }

  /** @returns {import('./drafts.js').Draft} */
  get draft() {
    return this.#edited ? { text: this.#draft, edit: { ...this.#edited, text: this.#text.value } } : { text: this.#text.value, edit: null };
  }

  /** Whether another draft can replace the content of the field without loss. */
  get free() {
    return !this.#edited && this.#text.value === '';
  }

  /**
   * Switches to another room.
   * @param {string} placeholder
   * @param {import('./drafts.js').Draft} draft
   */
  show(placeholder, draft) {
    this.label(placeholder);
    this.restore(draft);
  }

  /** @param {string} placeholder the text of the empty field, and its label */
  label(placeholder) {
    this.#label.textContent = placeholder;
    this.#text.placeholder = placeholder;
  }

  /**
   * Replaces the content of the field.
   * @param {import('./drafts.js').Draft} draft
   */
  restore({ text, edit }) {
    this.#edited = edit && { seq: edit.seq, original: edit.original };
    this.#draft = text;
    this.#editing.hidden = !edit;
    this.#set(edit ? edit.text : text);
  }

  focus() {
    this.#text.focus();
  }

  /**
   * Blocks the field while the user cannot write. The draft stays, and the field keeps the focus, so that screen
   * readers read the reason.
   * @param {string} reason why the user cannot write, shown next to the field; an empty reason ends the block
   */
  block(reason) {
    if (this.#blocked.textContent !== reason) this.#blocked.textContent = reason;
    this.#text.readOnly = reason !== '';
    this.#text.setAttribute('aria-disabled', String(reason !== ''));
    this.#measure();
  }

  /**
   * Opens a message for editing.
   * @param {{ seq: number, text: string | null }} message
   * @param {string} [text] the text to start with, by default the message's text
   * @returns {boolean} false if another edit with unsaved changes is open
   */
  startEditing({ seq, text: original }, text = original) {
    if (this.#edited?.seq === seq && text === original) {
      this.focus();
      return true;
    }
    if (this.#edited && this.#text.value.trim() !== this.#edited.original) {
      this.focus();
      return false;
    }
    this.restore({ text: this.draft.text, edit: { seq, original, text } });
    this.#text.focus();
    this.#text.setSelectionRange(text.length, text.length);
    this.#parts.changed(this.draft);
    return true;
  }

  stopEditing() {
    if (!this.#edited) return;
    this.restore({ text: this.#draft, edit: null });
    this.#parts.changed(this.draft);
    this.#text.focus();
  }

  /**
   * Inserts the text of a failed message before the content of the field.
   * @param {string} text
   * @returns {boolean} false if a message is being edited
   */
  giveBack(text) {
    this.#text.focus();
    if (this.#edited) return false;
    const { value } = this.#text;
    this.#set(value === '' ? text : `${text}\n${value}`);
    this.#parts.changed(this.draft);
    return true;
  }

  #submit() {
    const text = this.#text.value.trim();
    if (text === '' || this.#excess() > 0 || this.#text.readOnly) return;
    if (this.#edited) {
      const { seq, original } = this.#edited;
      if (text === original || this.#parts.edit(seq, text)) this.stopEditing();
    } else if (this.#parts.send(text)) {
      this.#set('');
      this.#parts.changed(this.draft);
    }
    this.#text.focus();
  }

  #key(event) {
    if (isComposing(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === 'Escape' && this.#edited) {
      event.stopPropagation();
      this.stopEditing();
    } else if (event.key === 'ArrowUp' && this.#text.value === '' && !this.#edited && !this.#text.readOnly) {
      event.preventDefault();
      this.#parts.editLast();
    }
  }

  #set(text) {
    this.#text.value = text;
    this.#measure();
  }

  #excess() {
    // The limit is a number of Unicode code points, not of UTF-16 units.
    return [...this.#text.value.trim()].length - (this.#parts.limit() ?? TEXT_CHARACTERS);
  }

  #measure() {
    this.#text.style.height = 'auto';
    this.#text.style.height = `${this.#text.scrollHeight}px`;
    const excess = this.#excess();
    this.#over.textContent = excess > 0 ? `${excess} ${excess === 1 ? 'character' : 'characters'} too long` : '';
    this.#button.disabled = this.#text.value.trim() === '' || excess > 0 || this.#text.readOnly;
  }
}
