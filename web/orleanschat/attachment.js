/** Error codes of refusals after which the client does not request the room again on the next connection. */
const FINAL = new Set(['not_member', 'not_found', 'forbidden', 'conflict']);

/** Minimum delay before a room is requested again after a temporary refusal, in ms. */
const ASK_AGAIN = 2000;

/** Maximum wait for the answer to a cursor in `hello`, in ms. A gateway retries a resume for up to 15 s. */
const RESUMED_WITHIN = 20_000;

/** @typedef {import('./error.js').ChatError} ChatError */

/**
 * Knows whether the current connection delivers a room's events. Decides whether the client requests the room with a
 * join or with a resume, and when the client requests the room again.
 *
 * A `join` command creates a room that does not exist, and makes this user a member of a group. Therefore the client
 * sends a join only after `enter`, and repeats the join only after a temporary refusal or a lost connection. When the
 * server has accepted the join or has refused it with another error, the client sends resumes until the next `enter`. A
 * resume creates no room and makes no member.
 *
 * If the room does not exist, or if this user may not enter it, the room stays refused until `enter` is called. After
 * any other refusal, the client requests the room again on the next connection. Only one kind of room does not stay
 * refused if it does not exist: a channel that the application joined. The client joins the channel again, because
 * channels have no members.
 */
export class Attachment {
  #clock;
  #again;
  #last;
  #kind;
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
   * @param {number} [parts.last] number of past events to start with
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
   * Makes a join pending, unless one is pending already or the room is attached.
   * @param {{ last?: number, kind?: 'channel' | 'group' }} wish as for `room.enter`
   * @returns {boolean} whether the room must be requested, as soon as there is a connection
   */
  enter({ last, kind }) {
    this.#last = last ?? this.#last;
    this.#kind = kind ?? this.#kind;
    this.#entered = true;
    if (this.attached || this.#joins) return false;
    this.#joins = true;
    this.refusal = null;
    return true;
  }

  /**
   * The session is online.
   * @param {boolean} carried whether `hello` contained this room's cursor. If so, the server answers without a `join`;
   *   if there is no answer within 20 s, the client requests the room
   * @returns {boolean} whether the room must be requested now
   */
  begin(carried) {
    if (this.refusal && !FINAL.has(this.refusal.code)) this.refusal = null;
    if (carried) this.#later(RESUMED_WITHIN);
    return !carried && !this.refusal;
  }

  /**
   * The parts of the `join` command that requests the room now.
   * @param {number | null} seq the room's cursor
   * @param {string | null} epoch the epoch of the cursor
   * @returns {object}
   */
  request(seq, epoch) {
    this.#stopTimer();
    const from = seq === null ? { last: this.#last } : { after: seq, epoch };
    return { ...from, ...(this.#joins ? { kind: this.#kind } : { resume: true }) };
  }

  /** The server sent `joined`. */
  attach() {
    this.#stopTimer();
    this.attached = true;
    this.displaced = false;
    this.refusal = null;
    this.#joins = false;
  }

  /** Records that the current connection does not deliver the room, and cancels a scheduled request. */
  detach() {
    this.attached = false;
    this.#stopTimer();
  }

  /**
   * The server removed the connection from the room.
   * @param {string} reason
   */
  left(reason) {
    this.attached = false;
    this.displaced = reason === 'displaced';
  }

  /**
   * Ends the state `displaced`, so that the client requests the room again.
   * @returns {boolean} whether the room must be requested now; false if it is not displaced, or if a join is pending
   */
  resume() {
    if (!this.displaced || this.attached || this.#joins) return false;
    this.displaced = false;
    return true;
  }

  /**
   * Requests the room again after a temporary refusal.
   * @param {number} [delay] the delay that the server named, in ms
   */
  askLater(delay = 0) {
    this.#later(Math.max(delay, ASK_AGAIN));
  }

  /**
   * Makes a join pending if a channel that the application joined no longer exists.
   * @param {ChatError} error the refusal
   * @param {string | null} kind the room's kind
   * @returns {boolean} whether the room must be requested now
   */
  joinAgain(error, kind) {
    if (error.code !== 'not_found' || !this.#entered || this.#joins || kind !== 'channel') return false;
    this.#kind = 'channel';
    this.#joins = true;
    return true;
  }

  /**
   * The server refused the room with an error that is not temporary.
   * @param {ChatError} error
   */
  refuse(error) {
    this.#joins = false;
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
