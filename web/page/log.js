import { itemsOf } from './items.js';
import { isComposing } from './keys.js';
import { MessageList } from './message-list.js';
import { isDirect, nameInText, titleOf } from './names.js';
import { Scroll } from './scroll.js';
import { countOf } from './text.js';

/** Distance from an edge of the list at which history is requested, in px. */
const NEAR_EDGE = 400;

/** The list of messages of the conversation that is shown. */
export class LogView {
  #log = document.getElementById('log');
  #top = document.getElementById('log-top');
  #list;
  #toEnd = document.getElementById('to-bottom');
  #scroll;
  #me;
  #conversation = null;
  #unreadAfter = null;
  #entered = false;
  #placed = false;
  #scheduled = null;
  #leave;

  /**
   * @param {object} parts
   * @param {string} parts.me this user's id
   * @param {ConstructorParameters<typeof import('./toolbar.js').Toolbar>[0]} parts.actions the actions on a message
   * @param {(seq: number, from: number, control: string) => void} parts.openThread opens the thread of a message; `from`
   *   and `control` name the message and the control that get the focus back
   * @param {(send: import('../orleanschat.js').Send) => void} parts.takeBack moves the text of a failed send back to
   *   the composer
   * @param {() => void} parts.leave moves the focus to the composer
   */
  constructor({ me, actions, openThread, takeBack, leave }) {
    this.#me = me;
    this.#leave = leave;
    const list = document.getElementById('messages');
    this.#list = new MessageList(list, {
      me, actions, openThread, leave,
      sends: () => {
        const { room } = this.#conversation;
        return { retry: send => room.retry(send), discard: send => room.discard(send), takeBack };
      },
    });
    this.#scroll = new Scroll(this.#log, list, () => this.#moved());
    this.#toEnd.addEventListener('click', () => {
      this.#conversation.toHead();
      this.#scroll.toEnd();
      this.#moved();
      this.#leave();
    });
    this.#log.addEventListener('keydown', event => this.#key(event));
  }

  show(conversation) {
    this.#conversation = conversation;
    this.#unreadAfter = null;
    this.#entered = false;
    this.#placed = false;
    this.#list.clear();
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
    this.#log.setAttribute('aria-busy', String(conversation.loading !== null || this.#list.size === 0));
    this.#scroll.keep(() => this.#list.lay(items));
    if (!this.#placed && items.length > 0 && room.seq >= room.head) {
      // If there are unread messages, start at the line "New", otherwise at the end.
      this.#placed = true;
      const line = this.#list.at('unread');
      if (line && line.offsetTop < this.#log.scrollTop) this.#scroll.to(line);
    }
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

  /**
   * Moves the focus to a message, or to a control of it. If the list does not have the message, the focus moves to the
   * composer.
   * @param {number} seq
   * @param {string | null} [control] selector of the control
   */
  focus(seq, control) {
    if (!this.#list.focus(seq, control)) this.#leave();
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

  #key(event) {
    if (isComposing(event)) return;
    if (event.key === 'Escape') {
      this.#list.hideToolbar();
      this.#leave();
    } else {
      this.#list.key(event);
    }
  }
}
