/** Minimum time between two reads of the list of conversations, in ms. */
const LIST_EVERY = 5000;

/** Maximum number of pages of the list that are read at a time. A page costs eleven commands of the user's budget. */
const LIST_PAGES = 5;

/**
 * Reads the user's list of conversations. This is how the page finds conversations that other users began while this
 * user was away. All calls of `refresh` during a read, or within 5 s after it, together cause one further read.
 */
export class ConversationList {
  #parts;
  #reading = false;
  #again = false;

  /**
   * @param {object} parts
   * @param {(page: { before?: object }) => Promise<{ rooms: import('../orleanschat.js').Listed[], more?: boolean }>}
   *   parts.read
   * @param {(entry: import('../orleanschat.js').Listed) => void} parts.found called for each conversation
   * @param {(entries: import('../orleanschat.js').Listed[], whole: boolean) => void} parts.done called after a read;
   *   `whole`: whether these are all conversations of the user
   * @param {(callback: () => void, delay: number) => void} [parts.later]
   */
  constructor({ read, found, done, later = (callback, delay) => setTimeout(callback, delay) }) {
    this.#parts = { read, found, done, later };
  }

  /** Reads the list now, or 5 s after the end of the last read. */
  async refresh() {
    this.#again = this.#reading;
    if (this.#reading) return;
    this.#reading = true;
    const { read, found, done, later } = this.#parts;
    try {
      const entries = [];
      let more = true;
      for (let page = 0; more && page < LIST_PAGES; page++) {
        const answer = await read({ before: entries.at(-1) });
        more = answer.more === true && answer.rooms.length > 0;
        for (const entry of answer.rooms) found(entry);
        entries.push(...answer.rooms);
      }
      done(entries, !more);
    } catch {
      // The page reads the list again on the next connection.
    }
    later(() => {
      this.#reading = false;
      if (this.#again) this.refresh();
    }, LIST_EVERY);
  }
}
