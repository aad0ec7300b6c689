/** Where something is written: a new message, or a new text for an old one. */
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

  /**
   * @param {{ send: (text) => void, edit: (entry, text) => void, typing: () => void, limit: () => number, editLast: () => void, toLog: () => void }} parts
   */
  constructor(parts) {
    this.#parts = parts;
    this.#form.addEventListener('submit', event => {
      event.preventDefault();
      this.#submit();
    });
    this.#text.addEventListener('input', () => {
      this.#measure();
      if (this.#text.value.trim() !== '' && !this.#edited) this.#parts.typing();
    });
    this.#text.addEventListener('keydown', event => this.#key(event));
    this.#editing.querySelector('button').addEventListener('click', () => this.stopEditing());
  }

  get draft() {
    return this.#edited ? this.#draft : this.#text.value;
  }

  /** Makes ready for another room. */
  show(placeholder, draft) {
    this.#edited = null;
    this.#editing.hidden = true;
    this.#label.textContent = placeholder;
    this.#text.placeholder = placeholder;
    this.#set(draft);
  }

  focus() {
    this.#text.focus();
  }

  startEditing(entry) {
    this.#draft = this.draft;
    this.#edited = entry;
    this.#editing.hidden = false;
    this.#set(entry.text);
    this.#text.focus();
    this.#text.setSelectionRange(entry.text.length, entry.text.length);
  }

  stopEditing() {
    if (!this.#edited) return;
    this.#edited = null;
    this.#editing.hidden = true;
    this.#set(this.#draft);
    this.#text.focus();
  }

  #submit() {
    const text = this.#text.value.trim();
    if (text === '' || this.#excess() > 0) return;
    if (this.#edited) {
      const entry = this.#edited;
      if (text !== entry.text) this.#parts.edit(entry, text);
      this.stopEditing();
    } else if (this.#parts.send(text)) {
      this.#set('');
    }
    this.#text.focus();
  }

  #key(event) {
    // A key that ends a composed character (Japanese, Chinese, Korean …) is not meant for the page.
    if (event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === 'Escape' && this.#edited) {
      event.stopPropagation();
      this.stopEditing();
    } else if (event.key === 'ArrowUp' && this.#text.value === '' && !this.#edited) {
      event.preventDefault();
      this.#parts.editLast();
    }
  }

  #set(text) {
    this.#text.value = text;
    this.#measure();
  }

  #excess() {
    // The limit counts characters as people do more or less, not halves of them.
    return [...this.#text.value.trim()].length - this.#parts.limit();
  }

  #measure() {
    this.#text.style.height = 'auto';
    this.#text.style.height = `${this.#text.scrollHeight}px`;
    const excess = this.#excess();
    this.#over.textContent = excess > 0 ? `${excess} ${excess === 1 ? 'character' : 'characters'} too long` : '';
    this.#button.disabled = this.#text.value.trim() === '' || excess > 0;
  }
}
