/** Minimum delay before a reconnect, in ms. */
export const RETRY_MIN = 500;

/** Maximum delay before a reconnect, in ms. */
export const RETRY_MAX = 30_000;

/** Minimum delay before a reconnect after close code 4002, in ms. */
export const REPLACED_MIN = 30_000;

/** Maximum delay before a reconnect after close code 4002, in ms. */
export const REPLACED_MAX = 3_600_000;

/** Close code: a newer connection of the same device replaced this one. */
export const REPLACED = 4002;

/** If a connection was online for this time, in ms, the next reconnect delay is the shortest one again. */
const GOOD_AFTER = 10_000;

/** Maximum reconnect delay that the client accepts from the server's `bye`, in ms. */
const MAX_BYE_DELAY = 300_000;

/**
 * Whether the client reconnects after this close code. The client does not reconnect after 1002 (frames that violate
 * RFC 6455), 1007 (not UTF-8), 1009 (frame too large) and 4500 to 4999, because a new connection would fail in the same
 * way.
 * @param {number} code
 * @returns {boolean}
 */
export function comesBack(code) {
  return !(code === 1002 || code === 1007 || code === 1009 || (code >= 4500 && code <= 4999));
}

/**
 * The delay before a reconnect: a random time between RETRY_MIN and a ceiling that doubles with each attempt, up to
 * RETRY_MAX. The jitter spreads the reconnects of many clients when a gateway fails.
 * @param {number} attempt 0 for the first
 * @param {() => number} random returns a number from 0 to 1
 * @returns {number} ms
 */
export function retryDelay(attempt, random) {
  const ceiling = Math.min(RETRY_MAX, RETRY_MIN * 2 ** (Math.min(attempt, 16) + 1));
  return RETRY_MIN + random() * (ceiling - RETRY_MIN);
}

/**
 * The delay before a reconnect after close code 4002. If two clients use the same device name, each reconnect ends the
 * other client's connection. So the delay grows to between half an hour and an hour.
 * @param {number} times number of earlier closes with code 4002 since the application called `connect`, or the user
 *   asked to reconnect
 * @param {() => number} random returns a number from 0 to 1
 * @returns {number} ms
 */
export function replacedDelay(times, random) {
  const ceiling = Math.min(REPLACED_MAX, REPLACED_MIN * 2 ** (Math.min(times, 16) + 1));
  return ceiling / 2 + random() * (ceiling / 2);
}

/** Decides whether and when a session reconnects. Counts the attempts, because the delays grow with them. */
export class Reconnect {
  #clock;
  #random;
  #open;
  #timer = null;
  #attempt = 0;
  #replaced = 0;
  #onlineAt = null;

  /** Whether the reason for the last scheduled reconnect is close code 4002. */
  wasReplaced = false;

  /**
   * @param {object} parts
   * @param {import('./clock.js').Clock} parts.clock
   * @param {() => number} parts.random returns a number from 0 to 1
   * @param {() => void} parts.open called when it is time to reconnect
   */
  constructor({ clock, random, open }) {
    this.#clock = clock;
    this.#random = random;
    this.#open = open;
  }

  /** Resets all delays, because the application called `connect`. */
  restart() {
    this.#attempt = this.#replaced = 0;
    this.#onlineAt = null;
  }

  /** Called when the user asked to reconnect: cancels the scheduled reconnect and resets the delays after code 4002. */
  requested() {
    this.#replaced = 0;
    this.stop();
  }

  /** Called when the server has sent `welcome`. */
  online() {
    this.#onlineAt = this.#clock.now();
  }

  /**
   * Schedules the reconnect after a connection has ended, before or after its `welcome`.
   * @param {number} code the close code
   * @param {number} [after] the delay that the server's `bye` named, in ms
   * @returns {number | null} time of the reconnect, in ms since 1970; null if the session does not reconnect
   */
  schedule(code, after) {
    if (this.#onlineAt !== null && this.#clock.now() - this.#onlineAt >= GOOD_AFTER) this.#attempt = 0;
    this.#onlineAt = null;
    if (!comesBack(code)) return null;
    this.wasReplaced = code === REPLACED;
    const delay = this.#delay(after);
    this.#timer = this.#clock.setTimeout(() => this.#open(), delay);
    return this.#clock.now() + delay;
  }

  /** Cancels the scheduled reconnect. */
  stop() {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #delay(after) {
    if (Number.isFinite(after)) return Math.min(Math.max(after, 0), MAX_BYE_DELAY);
    if (this.wasReplaced) return replacedDelay(this.#replaced++, this.#random);
    return retryDelay(this.#attempt++, this.#random);
  }
}
