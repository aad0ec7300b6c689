/** Minimum time between two reads of the list of conversations, in ms. */
const LIST_EVERY = 5000;

/** Maximum number of pages in one read of the list. A page costs as much of the budget as eleven commands. */
const LIST_PAGES = 5;

/**
 * Reads the user's list of conversations, which also contains conversations that other users began while this user was
 * away. After the first read, only the changes are read. All calls of `refresh` during a read, or within 5 s after it,
 * together cause one further read.
 */
export class ConversationList {
  #parts;
  #reading = false;
  #again = false;
  /** The newest cursor that an answer contained; null before the first cursor. */
  #cursor = null;

  /**
   * @param {object} parts
   * @param {import('../orleanschat.js').Session['conversations']} parts.read
   * @param {(entry: import('../orleanschat.js').Listed) => void} parts.found called for each conversation
   * @param {(entries: import('../orleanschat.js').Listed[], whole: boolean, removed: string[]) => void} parts.done
   *   called after a read; `whole`: whether `entries` has all conversations of the user; `removed`: the rooms that are
   *   no longer in the list
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
      const since = this.#cursor ?? undefined;
      const first = await read({ since });
      const isDelta = since !== undefined && first.reset !== true;
      const entries = [...first.rooms];
      let last = first;
      for (let pages = 1; !isDelta && hasMore(last) && pages < LIST_PAGES; pages++) {
        last = await read({ before: entries.at(-1) });
        entries.push(...last.rooms);
      }
      // Keep the cursor only after all pages were read, so that a failed read is repeated as a whole.
      this.#cursor = first.cursor ?? this.#cursor;
      for (const entry of entries) found(entry);
      done(entries, !isDelta && !hasMore(last), first.removed ?? []);
    } catch {
      // The read failed. The next call of `refresh` reads the list, for example after a reconnect.
    }
    later(() => {
      this.#reading = false;
      if (this.#again) this.refresh();
    }, LIST_EVERY);
  }
}

const hasMore = ({ rooms, more }) => more === true && rooms.length > 0;
