import { element } from './dom.js';
import { drawMessage, drawSend } from './message.js';
import { Toolbar } from './toolbar.js';

/** The controls of a message that only the message with the focus offers to the Tab key. */
const CONTROLS = '.reaction, .open-thread';

/**
 * A list of messages on the page: draws its items, and moves the focus and the toolbar among them. The Tab key reaches
 * one message, and the arrow keys move to the others.
 */
export class MessageList {
  #list;
  #parts;
  #toolbar;
  #drawn = new Map();

  /**
   * @param {HTMLElement} list
   * @param {object} parts
   * @param {string} parts.me this user's id
   * @param {ConstructorParameters<typeof import('./toolbar.js').Toolbar>[0]} parts.actions the actions of the toolbar
   * @param {(seq: number, from: number, control: string) => void} [parts.openThread] opens the thread of a message; absent
   *   in a list of replies
   * @param {() => { retry: (send: object) => void, discard: (send: object) => void, takeBack: (send: object) => void }}
   *   parts.sends returns the actions on a failed send
   * @param {() => void} parts.leave moves the focus to the field for messages
   */
  constructor(list, parts) {
    this.#list = list;
    this.#parts = parts;
    this.#toolbar = new Toolbar(parts.actions);
    list.addEventListener('pointerover', event => {
      // The browser sends this event also if the list scrolls under a mouse that does not move. Such an event must not
      // move the toolbar of a keyboard user.
      if (event.pointerType === 'mouse' && !this.#toolbar.focused && !list.querySelector(':focus-visible')) this.#offer(event.target, false);
    });
    list.addEventListener('pointerleave', () => {
      if (!this.#toolbar.focused && !list.contains(document.activeElement)) this.#toolbar.hide();
    });
    list.addEventListener('focusin', event => this.#focused(event.target));
    list.addEventListener('focusout', event => {
      if (list.contains(event.relatedTarget)) return;
      // When an item is redrawn, it loses the focus and gets the focus back at once. So check in a later task.
      setTimeout(() => { if (!list.contains(document.activeElement)) this.#toolbar.hide(); });
    });
    // A tap on a message shows its toolbar.
    list.addEventListener('click', event => {
      const item = event.target.closest('.message');
      if (item && !event.target.closest('a, button') && getSelection().isCollapsed) item.focus({ preventScroll: true });
    });
  }

  /** Number of items. */
  get size() {
    return this.#drawn.size;
  }

  /** The element of an item; undefined if there is none. */
  at(key) {
    return this.#drawn.get(key)?.item;
  }

  clear() {
    this.#toolbar.hide();
    this.#drawn.clear();
    this.#list.replaceChildren();
  }

  hideToolbar() {
    this.#toolbar.hide();
  }

  /**
   * Draws the items that are new or that changed, and removes the others.
   * @param {object[]} items from `itemsOf` or `threadItems`
   */
  lay(items) {
    const stale = new Map(this.#drawn);
    let after = null;
    for (const item of items) {
      let drawn = this.#drawn.get(item.key);
      if (!drawn) this.#drawn.set(item.key, drawn = { item: element('li'), version: null, entry: null });
      stale.delete(item.key);
      drawn.entry = item.entry;
      if (drawn.version !== item.version) this.#drawItem(drawn, item);
      drawn.version = item.version;
      const place = after ? after.nextSibling : this.#list.firstChild;
      if (place !== drawn.item) this.#list.insertBefore(drawn.item, place);
      after = drawn.item;
    }
    for (const [key, { item }] of stale) {
      if (item.contains(document.activeElement)) this.#parts.leave();
      item.remove();
      this.#drawn.delete(key);
    }
    const mute = !this.#parts.actions.mayReact();
    for (const chip of this.#list.querySelectorAll('.reaction')) chip.disabled = mute;
    if (!this.#list.contains(document.activeElement)) this.#reach(this.#messages.at(-1));
  }

  /**
   * Moves the focus to a message, by default to the last one.
   * @param {number} [seq]
   * @param {string | null} [control] selector of a control of the message, which gets the focus if the message has it
   * @returns {boolean} false if the list does not have the message
   */
  focus(seq, control) {
    const item = seq ? this.at(seq) : this.#messages.at(-1);
    item?.focus();
    if (control) item?.querySelector(control)?.focus();
    return item !== undefined;
  }

  /** Moves the focus among the messages. */
  key(event) {
    const item = event.target.closest('.message[data-seq]');
    if (!item || event.target !== item) return;
    const messages = this.#messages;
    const at = messages.indexOf(item);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: messages.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to >= messages.length) this.#parts.leave();
    else messages[Math.max(0, to)].focus();
  }

  get #messages() {
    return [...this.#list.querySelectorAll('.message[data-seq]')];
  }

  /** Makes this message the one that the Tab key reaches. */
  #reach(item) {
    for (const other of this.#list.querySelectorAll('.message[tabindex="0"]')) if (other !== item) other.tabIndex = -1;
    for (const control of this.#list.querySelectorAll(CONTROLS)) if (!item?.contains(control)) control.tabIndex = -1;
    if (item) item.tabIndex = 0;
  }

  #drawItem({ item, version }, { kind, entry, text, send, opens, run }) {
    const { me, actions, openThread, sends } = this.#parts;
    if (kind === 'message') {
      const { activeElement } = document;
      const inside = item.contains(activeElement);
      const [focus, emoji] = inside ? [activeElement === item ? 'item' : activeElement.dataset.testid, activeElement.dataset.emoji] : [];
      const offered = this.#toolbar.entry?.seq === entry.seq;
      const reachable = item.tabIndex === 0;
      if (offered) this.#toolbar.hide();
      drawMessage(item, entry, me, { react: actions.react, openThread });
      if (version !== null && reachable) item.tabIndex = 0;
      if (offered) this.#toolbar.show(item, entry, inside);
      if (focus) {
        // Compare the values instead of building a selector, because a reaction can be any text.
        const same = [...item.querySelectorAll('[data-testid]')].find(node => node.dataset.testid === focus && node.dataset.emoji === emoji);
        (same ?? item).focus({ preventScroll: true });
      }
    } else if (kind === 'send') {
      const { retry, discard, takeBack } = sends();
      drawSend(item, { send, opens }, me, { retry: () => retry(send), discard: () => discard(send), takeBack: () => takeBack(send) });
    } else if (kind === 'button') {
      item.className = 'more';
      item.replaceChildren(element('button', { type: 'button', class: 'text-button', text, data: { testid: 'more' }, on: { click: run } }));
    } else {
      item.className = kind;
      item.replaceChildren(element('span', { text }));
    }
  }

  #offer(target, reachable) {
    const item = target.closest?.('.message[data-seq]');
    const entry = item && this.#drawn.get(Number(item.dataset.seq))?.entry;
    if (entry) this.#toolbar.show(item, entry, reachable);
  }

  #focused(target) {
    const item = target.closest('.message[data-seq]');
    if (!item) return;
    this.#reach(item);
    for (const control of item.querySelectorAll(CONTROLS)) control.tabIndex = 0;
    this.#offer(item, true);
  }
}
