/** Time in ms: if no frame arrives for this time after a ping, the connection counts as lost. */
const PONG_WITHIN = 5000;

/**
 * Time in ms: if other frames arrive after a ping, but no answer for this time, the connection counts as lost. A busy
 * server may answer late.
 */
const PONG_WITHIN_BUSY = 30_000;

/** Maximum interval between two checks of the clock, in ms. */
const LOOK_EVERY = 5000;

/** The heartbeat interval if `welcome` names none, in ms. */
const HEARTBEAT = 25_000;

/**
 * Checks that a connection works in both directions. Browsers hide WebSocket pings from scripts. So the client sends
 * the protocol's own `ping` when the server has answered no command for one heartbeat interval. The connection counts
 * as lost if, after the ping, no frame arrives for 5 s or no answer arrives for 30 s.
 *
 * Browsers delay the timers of hidden pages by up to a minute, so a timer does not measure time reliably. Each time a
 * timer fires, the client compares the clock with the times of the last ping, frame and answer.
 */
export class Liveness {
  #clock;
  #ping;
  #lost;
  #heartbeat = HEARTBEAT;
  #timer = null;
  #heardAt = 0;
  #answeredAt = 0;
  #askedAt = null;
  #read = 0;
  #shift = 0;

  /**
   * @param {object} parts
   * @param {import('./clock.js').Clock} parts.clock
   * @param {() => void} parts.ping sends a ping
   * @param {() => void} parts.lost called at most once after each `start`
   */
  constructor({ clock, ping, lost }) {
    this.#clock = clock;
    this.#ping = ping;
    this.#lost = lost;
  }

  /**
   * Starts the checks. Called when the server has sent `welcome`.
   * @param {number} [heartbeat] the interval that `welcome` names, in ms
   */
  start(heartbeat) {
    this.stop();
    this.#heartbeat = Number.isFinite(heartbeat) && heartbeat > 0 ? heartbeat : HEARTBEAT;
    this.#heardAt = this.#answeredAt = this.#now();
    this.#askedAt = null;
    this.#wait();
  }

  stop() {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Records that a frame arrived: the direction from the server to this client works. */
  heard() {
    this.#heardAt = this.#now();
  }

  /** Records that the server answered a command: both directions of the connection work. */
  answered() {
    this.#answeredAt = this.#heardAt = this.#now();
    this.#askedAt = null;
  }

  /**
   * Sends a ping now, unless an unanswered ping is less than 5 s old. If an unanswered ping is older, the page may have
   * been frozen, so the client sends a new ping and waits again.
   */
  check() {
    if (this.#timer === null) return;
    if (this.#askedAt === null || this.#now() - this.#askedAt >= PONG_WITHIN) this.#ask();
    this.#wait();
  }

  #ask() {
    this.#askedAt = this.#now();
    this.#ping();
  }

  #look() {
    this.#timer = null;
    const now = this.#now();
    if (this.#askedAt === null) {
      if (now - this.#answeredAt >= this.#heartbeat) this.#ask();
    } else if (now - Math.max(this.#askedAt, this.#heardAt) >= PONG_WITHIN || now - this.#askedAt >= PONG_WITHIN_BUSY) {
      this.#lost();
      return;
    }
    this.#wait();
  }

  #wait() {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    const next = this.#askedAt === null
      ? this.#answeredAt + this.#heartbeat
      : Math.min(Math.max(this.#askedAt, this.#heardAt) + PONG_WITHIN, this.#askedAt + PONG_WITHIN_BUSY);
    this.#timer = this.#clock.setTimeout(() => this.#look(), Math.min(LOOK_EVERY, Math.max(1, next - this.#now())));
  }

  /** The clock's time, made monotonic: the client detects a lost connection even if the clock is set back. */
  #now() {
    const read = this.#clock.now();
    if (read < this.#read) this.#shift += this.#read - read;
    this.#read = read;
    return read + this.#shift;
  }
}
