import { ChatError } from './error.js';

/** Maximum wait for the answer to a command, in ms. */
const ANSWER_WITHIN = 10_000;

/** The commands that a session sent on its current connection and that have no answer yet. */
export class Requests {
  #waiting = new Map();
  #clock;
  #ids = 0;

  /** @param {import('./clock.js').Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /**
   * Returns an id for a command. The id is unique in the session.
   * @returns {string}
   */
  newId() {
    return `c${++this.#ids}`;
  }

  /**
   * Waits for the answer to a command.
   * @param {string} id the command's id
   * @returns {Promise<any>} the answer; rejects with a ChatError: the server's error if the answer is an `err`,
   *   `timeout` if there is no answer within 10 s, or `offline` if the connection is lost
   */
  wait(id) {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => {
        this.#waiting.delete(id);
        reject(new ChatError('timeout', 'The server did not answer in time.', 0));
      }, ANSWER_WITHIN);
      this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  /**
   * @param {string} id
   * @returns {boolean}
   */
  has(id) {
    return this.#waiting.has(id);
  }

  /**
   * Completes the waiting command that this object answers: rejects it if the object is an `err`, otherwise resolves
   * it.
   * @param {any} object as the server sent it
   * @returns {boolean} false if the object answers no waiting command
   */
  answer(object) {
    const waiting = this.#waiting.get(object.id);
    if (!waiting) return false;
    this.#waiting.delete(object.id);
    this.#clock.clearTimeout(waiting.timer);
    if (object.t === 'err') waiting.reject(new ChatError(object.code, object.message, object.retry));
    else waiting.resolve(object);
    return true;
  }

  /** Rejects all commands with `offline` when the connection is lost. */
  abandon() {
    for (const { reject, timer } of this.#waiting.values()) {
      this.#clock.clearTimeout(timer);
      reject(new ChatError('offline', 'The connection was lost before the server answered.'));
    }
    this.#waiting.clear();
  }
}
