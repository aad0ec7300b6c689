/** Minimum interval between two `mark` commands, in ms. */
const MARK_EVERY = 1000;

/** This user's read mark in a room, and the numbers of other users' messages and of mentions after it. */
export class ReadMark {
  #clock;
  #transmit;
  #changed;
  #timer = null;
  #sent = 0;
  /** The server's counts of unread messages and mentions, and the sequence at which the server counted. */
  #base = { seq: 0, unread: 0, mentions: 0 };
  /**
   * Other users' messages that are after `#base.seq` and after the mark.
   * @type {{ seq: number, mentions: boolean }[]}
   */
  #fresh = [];

  /** The sequence up to which the user has read. */
  read = 0;

  /**
   * @param {object} parts
   * @param {import('./clock.js').Clock} parts.clock
   * @param {(read: number) => boolean} parts.transmit sends the mark; returns false if it was not sent
   * @param {() => void} parts.changed called when `unread` may have changed
   */
  constructor({ clock, transmit, changed }) {
    this.#clock = clock;
    this.#transmit = transmit;
    this.#changed = changed;
  }

  /** Number of unread messages of other users: the server's count, plus the messages that arrived after that count. */
  get unread() {
    return this.#base.unread + this.#fresh.length;
  }

  /** How many of the unread messages mention this user or everyone. */
  get mentions() {
    return this.#base.mentions + this.#fresh.filter(({ mentions }) => mentions).length;
  }

  /**
   * The room's newest sequence when the server counted the unread messages. It is from the last `joined`, or from the
   * last entry of the list of conversations.
   */
  get countedAt() {
    return this.#base.seq;
  }

  /**
   * Stores the mark and the counts that the server sent in a `joined`.
   * @param {{ seq: number, read?: number, unread?: number, mentions?: number }} frame
   * @param {boolean} restart true for the first `joined` and after a reset: this client's own mark is then discarded
   */
  joined({ seq, read, unread, mentions }, restart) {
    if (restart) this.#sent = this.read = read ?? 0;
    this.#sent = read ?? this.#sent;
    this.#base = { seq, unread: unread ?? 0, mentions: mentions ?? 0 };
    this.#fresh = [];
  }

  /**
   * Called after `joined`. If this client's mark is after the server's mark, sends this client's mark again. Otherwise
   * uses the server's mark, which another device may have moved.
   */
  settle() {
    const sends = this.read > this.#sent;
    this.toRead(sends ? this.read : this.#sent);
    if (sends) this.#send();
  }

  /**
   * Stores the counts from the list of conversations, and moves the mark forward to the mark in this list.
   * @param {{ seq: number, read: number, unread: number, mentions?: number }} entry
   */
  listed({ seq, read, unread, mentions }) {
    this.#base = { seq, unread, mentions: mentions ?? 0 };
    this.#fresh = [];
    this.toRead(read);
  }

  /**
   * Moves the mark forward. The client sends the mark at most once per second. A sequence that is not after the mark
   * changes nothing.
   * @param {number} seq
   */
  move(seq) {
    if (seq <= this.read) return;
    this.toRead(seq);
    this.#timer ??= this.#clock.setTimeout(() => {
      this.#timer = null;
      this.#send();
    }, MARK_EVERY);
  }

  /**
   * Moves the mark forward without sending it.
   * @param {number} seq
   */
  toRead(seq) {
    this.read = Math.max(this.read, seq);
    this.#fresh = this.#fresh.filter(each => each.seq > this.read);
    // The server counted from an older mark. So limit its counts to the number of sequences from the new mark
    // to `#base.seq`.
    this.#limit(Math.max(0, this.#base.seq - this.read));
    this.#changed();
  }

  /**
   * Counts another user's message, unless the server's count includes it or the user has read it.
   * @param {number} seq
   * @param {boolean} mentions whether the message mentions this user or everyone
   */
  count(seq, mentions) {
    if (seq <= this.#base.seq || seq <= this.read) return;
    this.#fresh.push({ seq, mentions });
    this.#changed();
  }

  /**
   * Called when a message was deleted. A client does not know the author of each message that the server counted. So it
   * takes the message for one of another user if another user deleted it. The next counts of the server are exact.
   * @param {number} seq the message
   * @param {boolean} own whether this user deleted it
   */
  deleted(seq, own) {
    const fresh = this.#fresh.filter(each => each.seq !== seq);
    if (fresh.length < this.#fresh.length) this.#fresh = fresh;
    else if (!own && seq > this.read && seq <= this.#base.seq) this.#limit(Math.max(0, this.#base.unread - 1));
    else return;
    this.#changed();
  }

  /** Cancels the scheduled `mark` command. */
  stop() {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Limits the server's counts. */
  #limit(most) {
    this.#base.unread = Math.min(this.#base.unread, most);
    this.#base.mentions = Math.min(this.#base.mentions, this.#base.unread);
  }

  #send() {
    if (this.#transmit(this.read)) this.#sent = this.read;
  }
}
