import { MessageField } from './message-field.js';

/** The text field for a new message, or for the new text of a message that is being edited. */
export class Composer {
  #field;
  #label = document.getElementById('composer-label');
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
   * @param {() => Iterable<string>} parts.names returns the names to offer after an `@`
   * @param {() => void} parts.editLast opens the user's last message for editing
   */
  constructor(parts) {
    this.#parts = parts;
    this.#field = new MessageField({
      form: document.getElementById('composer'), limit: parts.limit,
      // An edit does not change the mentions of a message, so an edit offers no names.
      names: () => this.#edited ? [] : parts.names(),
      submit: () => this.#submit(),
      changed: () => {
        this.#parts.changed(this.draft);
        if (this.#field.value.trim() !== '' && !this.#edited) this.#parts.typing();
      },
      key: event => this.#key(event),
    });
    document.querySelector('.skip').addEventListener('click', event => {
      event.preventDefault();
      this.focus();
    });
    this.#editing.querySelector('button').addEventListener('click', () => this.stopEditing());
  }

  /** @returns {import('./drafts.js').Draft} */
  get draft() {
    return this.#edited ? { text: this.#draft, edit: { ...this.#edited, text: this.#field.value } } : { text: this.#field.value, edit: null };
  }

  /** Whether another draft can replace the content of the field without loss. */
  get free() {
    return !this.#edited && this.#field.value === '';
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
    this.#field.placeholder = placeholder;
  }

  /**
   * Replaces the content of the field.
   * @param {import('./drafts.js').Draft} draft
   */
  restore({ text, edit }) {
    this.#edited = edit && { seq: edit.seq, original: edit.original };
    this.#draft = text;
    this.#editing.hidden = !edit;
    this.#field.value = edit ? edit.text : text;
  }

  focus() {
    this.#field.focus();
  }

  /**
   * Blocks the field while the user cannot write. The draft stays, and the field keeps the focus, so that screen
   * readers read the reason.
   * @param {string} reason why the user cannot write, shown next to the field; an empty reason ends the block
   */
  block(reason) {
    if (this.#blocked.textContent !== reason) this.#blocked.textContent = reason;
    this.#field.block(reason !== '');
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
    if (this.#edited && this.#field.value.trim() !== this.#edited.original) {
      this.focus();
      return false;
    }
    this.restore({ text: this.draft.text, edit: { seq, original, text } });
    this.#field.focus();
    this.#field.toEnd();
    this.#parts.changed(this.draft);
    return true;
  }

  stopEditing() {
    if (!this.#edited) return;
    this.restore({ text: this.#draft, edit: null });
    this.#parts.changed(this.draft);
    this.#field.focus();
  }

  /**
   * Inserts the text of a failed message before the content of the field.
   * @param {string} text
   * @returns {boolean} false if a message is being edited
   */
  giveBack(text) {
    this.#field.focus();
    if (this.#edited) return false;
    const { value } = this.#field;
    this.#field.value = value === '' ? text : `${text}\n${value}`;
    this.#parts.changed(this.draft);
    return true;
  }

  #submit() {
    const text = this.#field.value.trim();
    if (this.#edited) {
      const { seq, original } = this.#edited;
      if (text === original || this.#parts.edit(seq, text)) this.stopEditing();
    } else if (this.#parts.send(text)) {
      this.#field.value = '';
      this.#parts.changed(this.draft);
    }
    this.#field.focus();
  }

  #key(event) {
    if (event.key === 'Escape' && this.#edited) {
      event.stopPropagation();
      this.stopEditing();
    } else if (event.key === 'ArrowUp' && this.#field.value === '' && !this.#edited && !this.#field.readOnly) {
      event.preventDefault();
      this.#parts.editLast();
    }
  }
}
