/**
 * If the server refused a room with one of these codes, the client does not request the room on the next connection.
 */
const FINAL = new Set(['not_member', 'not_found', 'forbidden', 'conflict']);

/** Minimum delay before the client requests a room again after a temporary refusal, in ms. */
const ASK_AGAIN = 2000;

/** Maximum wait for the answer to a cursor in `hello`, in ms. A gateway retries a resume for up to 15 s. */
const RESUMED_WITHIN = 20_000;

/** @typedef {import('./error.js').ChatError} ChatError */

/**
 * Knows whether the current connection delivers the events of a room, and decides when and how the client requests the
 * room. To request a room, the client sends the command `join`. If the command has the field `resume`, it is called a
 * resume, otherwise a join.
 *
 * A join creates the room if it does not exist, and makes this user a member if the room is a group. Therefore the
 * client sends a join only after the application has called `enter`. The client repeats the join only after a temporary
 * refusal or a lost connection. After the server has accepted the join, or refused it with an error that is not
 * temporary, the client sends only resumes until the next `enter`. A resume never creates a room, and never makes the
 * user a member.
 *
 * If the room does not exist, or if this user may not enter it, the room stays refused until the application calls
 * `enter`. There is one exception: if a channel that the application joined no longer exists, the client joins it
 * again, because nobody becomes a member of a channel. After any other refusal, the client requests the room again on
 * the next connection.
 */
export class Attachment {
  #clock;
  #again;
  #last;
  #kind;
  /** The code of an invitation link for the pending join. */
  #link;
  #entered = false;
  #joins = false;
  #timer = null;

  /** Whether the current connection delivers the room's events. */
  attached = false;
  /** Whether the server removed the connection from this room because the connection has too many rooms. */
  displaced = false;
  /**
   * Why the server refused the room; null if the room is not refused.
   * @type {ChatError | null}
   */
  refusal = null;

  /**
   * @param {object} parts
   * @param {import('./clock.js').Clock} parts.clock
   * @param {number} [parts.last] number of past events to deliver first
   * @param {() => void} parts.again called when it is time to request the room again
   */
  constructor({ clock, last, again }) {
    this.#clock = clock;
    this.#last = last;
    this.#again = again;
  }

  /** Whether a join is pending. A temporary refusal leaves the join pending; any other answer ends it. */
  get joins() {
    return this.#joins;
  }

  /**
   * Starts a join, unless a join is pending already or the room is attached.
   * @param {{ last?: number, kind?: 'channel' | 'group', link?: string }} wish as for `room.enter`
   * @returns {boolean} whether the client must request the room, as soon as there is a connection
   */
  enter({ last, kind, link }) {
    this.#last = last ?? this.#last;
    this.#kind = kind ?? this.#kind;
    this.#entered = true;
    if (this.attached) return false;
    this.#link = link ?? this.#link;
    if (this.#joins) return false;
    this.#joins = true;
    this.refusal = null;
    return true;
  }

  /**
   * Called when the session is online.
   * @param {boolean} carried whether `hello` contained this room's cursor. If so, the server resumes the room by
   *   itself, and the client requests the room only if the server sends nothing about it within 20 s
   * @returns {boolean} whether the client must request the room now
   */
  begin(carried) {
    if (this.refusal && !FINAL.has(this.refusal.code)) this.refusal = null;
    if (carried) this.#later(RESUMED_WITHIN);
    return !carried && !this.refusal;
  }

  /**
   * Returns the fields of the `join` command that requests the room, and cancels a scheduled request.
   * @param {number | null} seq the room's cursor
   * @param {string | null} epoch the epoch of the cursor
   * @returns {object}
   */
  request(seq, epoch) {
    this.#stopTimer();
    const from = seq === null ? { last: this.#last } : { after: seq, epoch };
    return { ...from, ...(this.#joins ? { kind: this.#kind, link: this.#link } : { resume: true }) };
  }

  /** Records that the server sent `joined`. */
  attach() {
    this.#stopTimer();
    this.attached = true;
    this.displaced = false;
    this.refusal = null;
    this.#joins = false;
    this.#link = undefined;
  }

  /** Records that the current connection does not deliver the room's events, and cancels a scheduled request. */
  detach() {
    this.attached = false;
    this.#stopTimer();
  }

  /**
   * Records that the server removed the connection from the room.
   * @param {string} reason the reason of the server's `left`
   */
  left(reason) {
    this.attached = false;
    this.displaced = reason === 'displaced';
  }

  /**
   * Ends the state `displaced`, so that the client requests the room again.
   * @returns {boolean} whether the client must request the room now; false if the room is not displaced or a join is
   *   pending
   */
  resume() {
    if (!this.displaced || this.attached || this.#joins) return false;
    this.displaced = false;
    return true;
  }

  /**
   * Schedules the next request of the room after a temporary refusal.
   * @param {number} [delay] the delay that the server named, in ms
   */
  askLater(delay = 0) {
    this.#later(Math.max(delay, ASK_AGAIN));
  }

  /**
   * Starts a join if the room is a channel that the application joined and that no longer exists.
   * @param {ChatError} error the refusal
   * @param {string | null} kind the room's kind
   * @returns {boolean} whether the client must request the room now
   */
  joinAgain(error, kind) {
    if (error.code !== 'not_found' || !this.#entered || this.#joins || kind !== 'channel') return false;
    this.#kind = 'channel';
    this.#link = undefined;
    this.#joins = true;
    return true;
  }

  /**
   * Records that the server refused the room with an error that is not temporary.
   * @param {ChatError} error
   */
  refuse(error) {
    this.#joins = false;
    this.#link = undefined;
    this.refusal = error;
  }

  #later(delay) {
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = null;
      this.#again();
    }, delay);
  }

  #stopTimer() {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}
