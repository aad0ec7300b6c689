import { mentionable, namesIn } from './mentions.js';

/**
 * Sends the user's messages and changes to the room that is shown, and moves texts between the composer and the log.
 */
export class Sending {
  #parts;

  /**
   * @param {object} parts
   * @param {string} parts.me this user's id
   * @param {import('../orleanschat.js').KeptSends} parts.keptSends
   * @param {() => import('./conversation.js').Conversation} parts.conversation returns the conversation that is shown
   * @param {import('./composer.js').Composer} parts.composer
   * @param {import('./log.js').LogView} parts.log
   * @param {(text: string) => void} parts.notice
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Sends a message to the room that is shown, and scrolls to the end. Each `@name` of a known person in the text
   * becomes a mention.
   * @param {string} text
   * @returns {boolean} false if the message was not sent; the text then stays in the composer
   */
  say(text) {
    const said = this.send(text, { mentions: namesIn(text, mentionable(this.#parts.conversation(), Date.now())) });
    if (said) {
      this.#parts.conversation().toHead();
      this.#parts.log.toEnd();
      this.#parts.log.draw();
    }
    return said;
  }

  /**
   * Sends a reply to a message of the room that is shown.
   * @param {string} text
   * @param {number} seq sequence of the message
   * @returns {boolean} false if the reply was not sent
   */
  reply(text, seq) {
    return this.send(text, { reply: seq, mentions: namesIn(text, mentionable(this.#parts.conversation(), Date.now())) });
  }

  /**
   * Sends a message, an edit, a deletion or a reaction to the room that is shown.
   * @returns {boolean} false if it was not sent
   */
  send(text, parts) {
    return this.#attempt(text, () => this.#parts.conversation().room.send(text, parts));
  }

  /**
   * Sends a change of a group's members, title or settings.
   * @returns {boolean} false if it was not sent
   */
  change(room, kind, parts) {
    return this.#attempt(parts.title, () => room.change(kind, parts));
  }

  /** Adds the user's reaction to a message, or removes it. */
  react(entry, emoji) {
    const taken = entry.reactions.get(emoji)?.includes(this.#parts.me);
    this.send(emoji, { kind: taken ? 'unreact' : 'react', ref: entry.seq });
  }

  /** Opens a message for editing in the composer. */
  edit(entry) {
    if (!this.#parts.composer.startEditing(entry)) this.#parts.notice('Save or cancel your current edit first.');
  }

  /** Moves the text of a failed send back to the composer. */
  takeBack({ room, timeline }, send) {
    const { composer, notice } = this.#parts;
    const { kind, text, ref } = send.command;
    const original = timeline.entries().find(entry => entry.seq === ref)?.text ?? null;
    const taken = kind === 'edit' && send.error.code !== 'gone' ? composer.startEditing({ seq: ref, text: original }, text) : composer.giveBack(text);
    if (taken) room.discard(send);
    else notice('Save or cancel your current edit first.');
  }

  #attempt(text, send) {
    try {
      this.#parts.keptSends.admit(text);
      send();
      this.#parts.notice('');
      return true;
    } catch (error) {
      this.#parts.notice(error.message);
      return false;
    }
  }
}
