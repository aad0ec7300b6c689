import { element, icon } from './dom.js';
import { isComposing } from './keys.js';

/** The reactions that the toolbar offers, with their names for screen readers. */
const PALETTE = [['👍', 'thumbs up'], ['❤️', 'heart'], ['😂', 'laughing'], ['🎉', 'celebration'], ['😮', 'surprised'], ['🙏', 'thanks']];

const SMILE = 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.5 14.5c1.9 2.300 5.1 2.300 7 0M9 9.5v.1M15 9.5v.1';
const PENCIL = 'M4 20l1-4L16 5l3 3L8 19l-4 1zM14 7l3 3';
const REPLY = 'M10 5L4 11l6 6M4 11h9a7 7 0 0 1 7 7v1';
const CHECKS = 'M2 13l4 4L15 7M11 15.500l1.500 1.500L22 7';
const BIN = 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13';

/**
 * The buttons for the actions on a message. The page has one toolbar, which moves to the message that is under the
 * pointer or that has the focus.
 */
export class Toolbar {
  #node;
  #entry = null;
  /** True while the toolbar shows the palette, or the question before a deletion, instead of the actions. */
  #asks = false;
  #actions;

  /**
   * @param {object} actions
   * @param {string} actions.me this user's id
   * @param {(entry: import('./timeline.js').Entry, emoji: string) => void} actions.react
   * @param {(entry: import('./timeline.js').Entry) => void} actions.edit
   * @param {(entry: import('./timeline.js').Entry) => void} actions.remove
   * @param {(entry: import('./timeline.js').Entry) => void} [actions.reply] opens the thread of a message; absent in a
   *   thread
   * @param {(entry: import('./timeline.js').Entry) => void} actions.showReaders
   * @param {() => boolean} actions.hasReaders whether the page can find out who has read a message
   * @param {() => boolean} actions.mayWrite whether the user may edit
   * @param {() => boolean} actions.mayReact
   * @param {(entry: import('./timeline.js').Entry) => boolean} actions.mayDelete whether the user may delete the
   *   message of another user
   */
  constructor(actions) {
    this.#actions = actions;
    this.#node = element('div', { class: 'toolbar', role: 'toolbar', 'aria-label': 'Message actions', data: { testid: 'toolbar' } });
    this.#node.addEventListener('keydown', event => this.#key(event));
  }

  get entry() {
    return this.#entry;
  }

  get focused() {
    return this.#node.contains(document.activeElement);
  }

  /**
   * Moves the toolbar to a message.
   * @param {HTMLElement} item the message's list item
   * @param {import('./timeline.js').Entry} entry
   * @param {boolean} reachable whether the Tab key reaches the buttons; false if the message is only under the pointer
   */
  show(item, entry, reachable) {
    if (this.#entry?.seq !== entry.seq || !item.contains(this.#node)) {
      this.hide();
      if (entry.deleted) return;
      this.#first(entry);
      if (!this.#node.querySelector('button')) return;
      item.querySelector('.bubble').append(this.#node);
    }
    this.#entry = entry;
    if (reachable) for (const button of this.#node.querySelectorAll('button')) button.tabIndex = 0;
  }

  hide() {
    this.#entry = null;
    this.#node.remove();
  }

  #first(entry) {
    this.#asks = false;
    const own = entry.from === this.#actions.me;
    this.#node.replaceChildren(
      this.#actions.mayReact() ? this.#button('react', 'Add a reaction', SMILE, () => this.#palette()) : '',
      this.#actions.reply ? this.#button('reply', this.#actions.mayWrite() ? 'Reply in a thread' : 'Open the thread', REPLY, () => this.#actions.reply(this.#entry)) : '',
      own && this.#actions.mayWrite() ? this.#button('edit', 'Edit', PENCIL, () => this.#actions.edit(this.#entry)) : '',
      this.#actions.hasReaders() ? this.#button('readers', 'Read by…', CHECKS, () => this.#actions.showReaders(this.#entry)) : '',
      own || this.#actions.mayDelete(entry) ? this.#button('delete', 'Delete', BIN, () => this.#confirm()) : '');
  }

  #palette() {
    this.#asks = true;
    this.#node.replaceChildren(...PALETTE.map(([emoji, name]) => element('button', {
      type: 'button', class: 'emoji', 'aria-label': `React with ${name}`, text: emoji, data: { testid: 'emoji', emoji },
      on: {
        click: () => {
          this.#actions.react(this.#entry, emoji);
          this.#back();
        },
      },
    })));
    this.#node.firstChild.focus();
  }

  #confirm() {
    this.#asks = true;
    this.#node.replaceChildren(
      element('span', { class: 'question', text: 'Delete?' }),
      element('button', { type: 'button', class: 'text-button danger', text: 'Delete', data: { testid: 'confirm-delete' }, on: { click: () => this.#actions.remove(this.#entry) } }),
      element('button', { type: 'button', class: 'text-button', text: 'Cancel', on: { click: () => this.#back() } }));
    this.#node.querySelector('button').focus();
  }

  #back() {
    this.#first(this.#entry);
    for (const button of this.#node.querySelectorAll('button')) button.tabIndex = 0;
    this.#node.querySelector('button')?.focus();
  }

  #button(testid, label, path, click) {
    return element('button', { type: 'button', tabindex: -1, 'aria-label': label, title: label, data: { testid }, on: { click } }, icon(path));
  }

  #key(event) {
    if (isComposing(event)) return;
    if (event.key === 'Escape' && this.#asks) {
      event.stopPropagation();
      this.#back();
      return;
    }
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const buttons = [...this.#node.querySelectorAll('button')];
    const at = buttons.indexOf(document.activeElement);
    buttons[(at + step + buttons.length) % buttons.length].focus();
    event.preventDefault();
  }
}
