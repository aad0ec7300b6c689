import { threadItems } from './items.js';
import { isComposing } from './keys.js';
import { MessageField } from './message-field.js';
import { MessageList } from './message-list.js';
import { Scroll } from './scroll.js';
import { Thread } from './thread.js';

/** Delay before the panel is drawn after a change, in ms. Changes within this time cause one drawing. */
const DRAW_AFTER = 30;

/** Maximum number of unsent replies that the panel keeps after it was closed. */
const MAX_DRAFTS = 50;

/**
 * The panel with a thread. On a wide screen it is beside the conversation, in the place of the people. On a narrow
 * screen it covers the conversation.
 */
export class ThreadPanel {
  #app = document.getElementById('app');
  #panel = document.getElementById('thread-panel');
  #log = document.getElementById('thread-log');
  #blocked = document.getElementById('reply-blocked');
  #list;
  #scroll;
  #field;
  #parts;
  /** @type {Thread | null} */
  #thread = null;
  /** The message and the control from which the user opened the thread. They get the focus back. */
  #from = { seq: 0, control: null };
  #timer = null;
  #stop = null;
  /** The texts of unsent replies. The key is the room and the sequence of the message. */
  #drafts = new Map();

  /**
   * @param {object} parts
   * @param {string} parts.me this user's id
   * @param {import('./drawers.js').Drawers} parts.drawers
   * @param {ConstructorParameters<typeof import('./toolbar.js').Toolbar>[0]} parts.actions the actions on a message
   * @param {(text: string, seq: number) => boolean} parts.send sends a reply to the message with this sequence; returns
   *   false if it was not sent
   * @param {() => void} parts.typing called when the user types a reply
   * @param {() => number | undefined} parts.limit as for `MessageField`
   * @param {() => Iterable<string>} parts.names as for `MessageField`
   * @param {(seq: number, control: string | null) => void} parts.leave moves the focus to this control of this message
   *   of the conversation
   */
  constructor(parts) {
    const { me, actions, limit, names } = this.#parts = parts;
    const list = document.getElementById('thread-messages');
    this.#list = new MessageList(list, {
      me, actions,
      leave: () => this.focus(),
      sends: () => {
        const { room } = this.#thread.conversation;
        return { retry: send => room.retry(send), discard: send => room.discard(send), takeBack: send => this.#takeBack(send) };
      },
    });
    this.#scroll = new Scroll(this.#log, list, () => {});
    this.#field = new MessageField({
      form: document.getElementById('reply-form'), limit, names,
      submit: () => this.#submit(),
      changed: () => {
        this.#keepDraft();
        if (this.#field.value.trim() !== '') parts.typing();
      },
    });
    document.getElementById('close-thread').addEventListener('click', () => this.close());
    document.getElementById('shade').addEventListener('click', () => this.close());
    this.#log.addEventListener('keydown', event => { if (!isComposing(event)) this.#list.key(event); });
    this.#panel.addEventListener('keydown', event => {
      if (event.key !== 'Escape' || isComposing(event)) return;
      event.stopPropagation();
      this.close();
    });
  }

  get isOpen() {
    return this.#thread !== null;
  }

  /**
   * Shows a thread and moves the focus to its message field.
   * @param {import('./conversation.js').Conversation} conversation the conversation that is shown
   * @param {number} seq sequence of the message whose thread is shown
   * @param {number} from sequence of the message that gets the focus when the thread is closed
   * @param {string | null} control selector of the control of this message that gets the focus; null for the message
   */
  open(conversation, seq, from, control) {
    if (this.#thread?.seq !== seq || this.#thread.conversation !== conversation) {
      this.hide();
      this.#thread = new Thread(conversation, seq);
      this.#stop = this.#thread.on('change', () => { this.#timer ??= setTimeout(() => this.#draw(), DRAW_AFTER); });
      this.#panel.hidden = false;
      this.#app.classList.add('show-thread');
      this.#field.value = this.#drafts.get(this.#draftKey) ?? '';
      this.#scroll.toEnd();
      this.#draw();
      this.#parts.drawers.cover(true);
    }
    this.#from = { seq: from, control };
    this.focus();
  }

  /** Closes the panel, and moves the focus back to the conversation. */
  close() {
    if (!this.#thread) return;
    this.hide();
    this.#parts.leave(this.#from.seq, this.#from.control);
  }

  /** Closes the panel without moving the focus. */
  hide() {
    if (!this.#thread) return;
    this.#thread.close();
    this.#stop();
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#thread = null;
    this.#list.clear();
    this.#panel.hidden = true;
    this.#app.classList.remove('show-thread');
    this.#parts.drawers.cover(false);
  }

  /**
   * Moves the focus to a message of the thread, or to the message field.
   * @param {number} [seq]
   */
  focus(seq) {
    if (!this.#thread || !seq || !this.#list.focus(seq)) this.#field.focus();
  }

  /** @param {string} reason why the user cannot write; empty if the user can write */
  block(reason) {
    if (this.#blocked.textContent !== reason) this.#blocked.textContent = reason;
    this.#field.block(reason !== '');
  }

  #draw() {
    clearTimeout(this.#timer);
    this.#timer = null;
    // As in the conversation, screen readers must announce only new replies.
    this.#log.setAttribute('aria-busy', String(this.#thread.loading || this.#list.size === 0));
    const items = threadItems(this.#thread);
    this.#scroll.keep(() => this.#list.lay(items));
  }

  #submit() {
    if (!this.#parts.send(this.#field.value.trim(), this.#thread.seq)) return;
    this.#field.value = '';
    this.#keepDraft();
    this.#scroll.toEnd();
    this.#field.focus();
  }

  /** Moves the text of a failed reply back to the field. */
  #takeBack(send) {
    const { value } = this.#field;
    this.#field.value = value === '' ? send.command.text : `${send.command.text}\n${value}`;
    this.#keepDraft();
    this.#thread.conversation.room.discard(send);
    this.#field.focus();
  }

  get #draftKey() {
    return JSON.stringify([this.#thread.conversation.room.name, this.#thread.seq]);
  }

  #keepDraft() {
    this.#drafts.delete(this.#draftKey);
    if (this.#field.value !== '') this.#drafts.set(this.#draftKey, this.#field.value);
    for (const key of [...this.#drafts.keys()].slice(0, -MAX_DRAFTS)) this.#drafts.delete(key);
  }
}
