import { avatar, element, nameElement } from './dom.js';
import { EVERYONE, offered, typedName } from './mentions.js';

/**
 * The list of names that a text field offers while the user types an `@`. The focus stays in the field, and
 * `aria-activedescendant` names the chosen option, so a screen reader reads it.
 */
export class MentionList {
  #field;
  #list;
  #status;
  #names;
  #chosen;
  /** The name that the user is typing while the list is open; null while the list is closed. */
  #typing = null;
  #active = 0;
  /** Index of the `@` for which the user closed the list. The list opens again for another `@`. */
  #closedAt = null;
  #composes = false;

  /**
   * @param {object} parts
   * @param {HTMLTextAreaElement} parts.field
   * @param {HTMLElement} parts.list the element with the role `listbox`
   * @param {HTMLElement} parts.status gets the number of names, for screen readers
   * @param {() => Iterable<string>} parts.names returns the names to offer: user ids, and perhaps `@everyone`
   * @param {() => void} parts.chosen called after a name was put into the field
   */
  constructor({ field, list, status, names, chosen }) {
    this.#field = field;
    this.#list = list;
    this.#status = status;
    this.#names = names;
    this.#chosen = chosen;
    field.setAttribute('aria-autocomplete', 'list');
    field.setAttribute('aria-haspopup', 'listbox');
    field.setAttribute('aria-controls', list.id);
    field.addEventListener('compositionstart', () => {
      this.#composes = true;
      this.close();
    });
    field.addEventListener('compositionend', () => {
      this.#composes = false;
      this.#update();
    });
    field.addEventListener('input', () => this.#update());
    field.addEventListener('click', () => this.#update());
    field.addEventListener('keyup', event => { if (['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) this.#update(); });
    field.addEventListener('blur', () => this.close());
    // A press on an option must not take the focus from the field.
    list.addEventListener('mousedown', event => event.preventDefault());
  }

  get isOpen() {
    return this.#typing !== null;
  }

  close() {
    this.#typing = null;
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#status.textContent = '';
    this.#field.removeAttribute('aria-activedescendant');
  }

  /**
   * Handles a key of the field, if the list is open.
   * @param {KeyboardEvent} event not from an input method
   * @returns {boolean} whether the key was for the list
   */
  key(event) {
    if (!this.isOpen || event.ctrlKey || event.altKey || event.metaKey) return false;
    const options = [...this.#list.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.#activate((this.#active + step + options.length) % options.length);
    } else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) {
      this.#choose(options[this.#active].dataset.name);
    } else if (event.key === 'Escape') {
      this.#closedAt = this.#typing.at;
      this.close();
      event.stopPropagation();
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  }

  #update() {
    if (this.#composes || this.#field.readOnly) return this.close();
    const { value, selectionStart, selectionEnd } = this.#field;
    const typing = selectionStart === selectionEnd ? typedName(value, selectionStart) : null;
    if (typing?.at !== this.#closedAt) this.#closedAt = null;
    const names = typing && this.#closedAt === null ? offered(typing.typed, this.#names()) : [];
    if (names.length === 0) return this.close();
    this.#typing = typing;
    this.#list.replaceChildren(...names.map((name, index) => this.#option(name, index)));
    this.#list.hidden = false;
    const found = names.length === 1 ? '1 name' : `${names.length} names`;
    if (this.#status.textContent !== found) this.#status.textContent = found;
    this.#activate(0);
  }

  #option(name, index) {
    return element('li', {
      id: `${this.#list.id}-${index}`, class: 'mention-option', role: 'option', 'aria-selected': 'false', data: { testid: 'mention-option', name },
      on: { click: () => this.#choose(name) },
    },
      ...name === EVERYONE
        ? [element('span', { class: 'hash', 'aria-hidden': 'true', text: '@' }), element('span', { class: 'person-name', text: 'everyone' }), element('span', { class: 'you', text: 'all people of this group' })]
        : [avatar(name), element('span', { class: 'person-name' }, nameElement(name))]);
  }

  #activate(index) {
    this.#active = index;
    [...this.#list.children].forEach((option, at) => option.setAttribute('aria-selected', String(at === index)));
    const option = this.#list.children[index];
    this.#field.setAttribute('aria-activedescendant', option.id);
    option.scrollIntoView({ block: 'nearest' });
  }

  /** Replaces the typed name with the chosen one. A space after it ends the name. */
  #choose(name) {
    const { at, typed } = this.#typing;
    const written = `${name === EVERYONE ? name : `@${name}`} `;
    this.close();
    this.#field.setRangeText(written, at, at + 1 + typed.length, 'end');
    this.#chosen();
  }
}
