import { element } from './dom.js';
import { itemsOf } from './items.js';
import { isComposing } from './keys.js';
import { drawMessage, drawSend } from './message.js';
import { isDirect, nameInText, titleOf } from './names.js';
import { Scroll } from './scroll.js';
import { countOf } from './text.js';
import { Toolbar } from './toolbar.js';

/** Distance from an edge of the list at which history is requested, in px. */
const NEAR_EDGE = 400;

/** The list of messages of the conversation that is shown. */
export class LogView {
  #log = document.getElementById('log');
  #top = document.getElementById('log-top');
  #list = document.getElementById('messages');
  #toEnd = document.getElementById('to-bottom');
  #scroll;
  #toolbar;
  #me;
  #react;
  #conversation = null;
  #unreadAfter = null;
  #entered = false;
  #placed = false;
  #drawn = new Map();
  #scheduled = null;
  #leave;
  #takeBack;
  #mayReact;

  /**
   * @param {object} parts
   * @param {string} parts.me this user's id
   * @param {(entry: import('./timeline.js').Entry, emoji: string) => void} parts.react adds or removes a reaction
   * @param {(entry: import('./timeline.js').Entry) => void} parts.edit
   * @param {(entry: import('./timeline.js').Entry) => void} parts.remove
   * @param {(send: import('../orleanschat.js').Send) => void} parts.takeBack moves the text of a failed send back to
   *   the composer
   * @param {() => void} parts.leave moves the focus to the composer
   * @param {() => boolean} parts.mayWrite whether the user may edit
   * @param {() => boolean} parts.mayReact
   * @param {(entry: import('./timeline.js').Entry) => boolean} parts.mayDelete whether the user may delete the
   *   message of another user
   */
  constructor({ me, react, edit, remove, takeBack, leave, mayWrite, mayReact, mayDelete }) {
    this.#me = me;
    this.#takeBack = takeBack;
    this.#react = react;
    this.#leave = leave;
    this.#toolbar = new Toolbar({ me, react, edit, remove, mayWrite, mayReact, mayDelete });
    this.#mayReact = mayReact;
    this.#scroll = new Scroll(this.#log, this.#list, () => this.#moved());
    this.#toEnd.addEventListener('click', () => {
      this.#conversation.toHead();
      this.#scroll.toEnd();
      this.#moved();
      this.#leave();
    });
    this.#list.addEventListener('pointerover', event => {
      // The browser sends this event also if the list scrolls under a mouse that does not move. Such an event must not
      // move the toolbar of a keyboard user.
      if (event.pointerType === 'mouse' && !this.#toolbar.focused && !this.#list.querySelector(':focus-visible')) this.#offer(event.target, false);
    });
    this.#list.addEventListener('pointerleave', () => {
      if (!this.#toolbar.focused && !this.#list.contains(document.activeElement)) this.#toolbar.hide();
    });
    this.#list.addEventListener('focusin', event => this.#focused(event.target));
    this.#list.addEventListener('focusout', event => {
      if (this.#list.contains(event.relatedTarget)) return;
      // When an item is redrawn, it loses the focus and gets the focus back at once. So check in a later task.
      setTimeout(() => { if (!this.#list.contains(document.activeElement)) this.#toolbar.hide(); });
    });
    // A tap on a message shows its toolbar.
    this.#list.addEventListener('click', event => {
      const item = event.target.closest('.message');
      if (item && !event.target.closest('a, button') && getSelection().isCollapsed) item.focus({ preventScroll: true });
    });
    this.#log.addEventListener('keydown', event => this.#key(event));
  }

  show(conversation) {
    this.#conversation = conversation;
    this.#unreadAfter = null;
    this.#entered = false;
    this.#placed = false;
    this.#toolbar.hide();
    this.#drawn.clear();
    this.#list.replaceChildren();
    this.label();
    this.#scroll.toEnd();
    this.draw();
  }

  /** Puts the room's title into the accessible name of the list of messages. */
  label() {
    const { name, title } = this.#conversation.room;
    this.#log.setAttribute('aria-label', `Messages in ${titleOf(name, this.#me, title)}`);
  }

  /** Schedules one draw for many changes. The timer is for hidden pages, which get no animation frames. */
  drawSoon() {
    if (this.#scheduled) return;
    const frame = requestAnimationFrame(() => this.draw());
    const timer = setTimeout(() => this.draw(), 120);
    this.#scheduled = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }

  draw() {
    this.#scheduled?.();
    this.#scheduled = null;
    const conversation = this.#conversation;
    if (!conversation) return;
    const { room, timeline } = conversation;
    if (!this.#entered && room.seq !== null) {
      // Use the read mark that the room has when the user opens the room. The line "New" then stays at this place until
      // another room is shown.
      this.#entered = true;
      this.#unreadAfter = room.unread > 0 && room.read > 0 ? room.read : null;
    }
    const items = itemsOf(conversation, this.#unreadAfter);
    // Screen readers must announce only new messages, not messages that are drawn when the room is opened or that are
    // read from history.
    this.#log.setAttribute('aria-busy', String(conversation.loading !== null || this.#drawn.size === 0));
    this.#scroll.keep(() => this.#lay(items));
    if (!this.#placed && items.length > 0 && room.seq >= room.head) {
      // If there are unread messages, start at the line "New", otherwise at the end.
      this.#placed = true;
      const line = this.#drawn.get('unread')?.item;
      if (line && line.offsetTop < this.#log.scrollTop) this.#scroll.to(line);
    }
    const mute = !this.#mayReact();
    for (const chip of this.#list.querySelectorAll('.reaction')) chip.disabled = mute;
    this.#explain(items.length === 0);
    this.#moved();
  }

  /** The user's newest message that is not deleted; null if there is none. */
  get lastOwn() {
    return this.#conversation.timeline.entries().findLast(entry => entry.kind === 'msg' && entry.from === this.#me && !entry.deleted) ?? null;
  }

  toEnd() {
    this.#scroll.toEnd();
  }

  /** Moves the focus to a message, by default to the last one. */
  focus(seq) {
    const item = seq ? this.#drawn.get(seq)?.item : [...this.#list.querySelectorAll('.message[data-seq]')].at(-1);
    item?.focus();
  }

  #lay(items) {
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
      if (item.contains(document.activeElement)) this.#leave();
      item.remove();
      this.#drawn.delete(key);
    }
    // The Tab key reaches one message: the last message, or the message to which the user moved the focus.
    if (!this.#list.contains(document.activeElement)) this.#reach([...this.#list.querySelectorAll('.message[data-seq]')].at(-1));
  }

  #reach(item) {
    for (const other of this.#list.querySelectorAll('.message[tabindex="0"]')) if (other !== item) other.tabIndex = -1;
    for (const chip of this.#list.querySelectorAll('.reaction[tabindex="0"]')) if (!item?.contains(chip)) chip.tabIndex = -1;
    if (item) item.tabIndex = 0;
  }

  #drawItem({ item, version }, { kind, entry, text, send, opens }) {
    if (kind === 'message') {
      const { activeElement } = document;
      const inside = item.contains(activeElement);
      const [focus, emoji] = inside ? [activeElement === item ? 'item' : activeElement.dataset.testid, activeElement.dataset.emoji] : [];
      const offered = this.#toolbar.entry?.seq === entry.seq;
      const reachable = item.tabIndex === 0;
      if (offered) this.#toolbar.hide();
      drawMessage(item, entry, this.#me, this.#react);
      if (version !== null && reachable) item.tabIndex = 0;
      if (offered) this.#toolbar.show(item, entry, inside);
      if (focus) {
        // Compare the values instead of building a selector, because a reaction can be any text.
        const same = [...item.querySelectorAll('[data-testid]')].find(node => node.dataset.testid === focus && node.dataset.emoji === emoji);
        (same ?? item).focus({ preventScroll: true });
      }
    } else if (kind === 'send') {
      const { room } = this.#conversation;
      drawSend(item, { send, opens }, this.#me, { retry: () => room.retry(send), discard: () => room.discard(send), takeBack: () => this.#takeBack(send) });
    } else {
      item.className = kind;
      item.replaceChildren(element('span', { text }));
    }
  }

  #explain(empty) {
    const { room, timeline, loading, refused, missed, me } = this.#conversation;
    let text = '';
    // Show only a temporary refusal of the room here. `EntryView` shows other refusals above the log.
    if (refused?.passing) text = `You cannot enter this room now: ${refused.message} Trying again…`;
    else if (loading === 'older') text = 'Loading earlier messages…';
    else if (timeline.atStart && empty) {
      text = room.name === `@${me}` ? 'Write notes to yourself here. Only you can read them.'
        : isDirect(room.name) ? `No messages yet. Only you and ${nameInText(room.name.slice(1))} can read this conversation.` : 'No messages yet. Say hello.';
    } else if (timeline.atStart) text = 'This is the start of the conversation.';
    else if (missed) text = `You missed ${countOf(missed)} earlier events. Scroll up to read them.`;
    this.#top.textContent = text;
    this.#log.classList.toggle('is-empty', empty);
  }

  /**
   * Called when the scroll position or the list has changed: moves the read mark, updates the button that scrolls to
   * the end, and requests history.
   */
  #moved() {
    const conversation = this.#conversation;
    if (!conversation) return;
    const atEnd = this.#scroll.atEnd && !conversation.timeline.detached;
    conversation.readingAbove = !atEnd;
    if (atEnd) {
      conversation.below = 0;
      if (document.visibilityState === 'visible' && conversation.timeline.size > 0) conversation.room.markRead();
    }
    this.#toEnd.hidden = atEnd;
    const { below } = conversation;
    this.#toEnd.firstElementChild.textContent = below === 0 ? 'Latest' : below === 1 ? '1 new message' : `${countOf(below)} new messages`;
    this.#toEnd.classList.toggle('has-new', below > 0);
    if (conversation.wants || (this.#scroll.aboveTop < NEAR_EDGE && conversation.timeline.size > 0)) conversation.loadOlder();
    else if (conversation.timeline.detached && this.#scroll.belowEnd < NEAR_EDGE) conversation.loadNewer();
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
    for (const chip of item.querySelectorAll('.reaction')) chip.tabIndex = 0;
    this.#offer(item, true);
  }

  #key(event) {
    if (isComposing(event)) return;
    const item = event.target.closest('.message[data-seq]');
    if (event.key === 'Escape') {
      this.#toolbar.hide();
      this.#leave();
      return;
    }
    if (!item || event.target !== item) return;
    const messages = [...this.#list.querySelectorAll('.message[data-seq]')];
    const at = messages.indexOf(item);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: messages.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to >= messages.length) this.#leave();
    else messages[Math.max(0, to)].focus();
  }
}
