import { ChatError } from './error.js';

/** Commands that wait for their answers on one connection. Each waits a bounded time and ends with the answer, an error or `offline`. */
export class Requests {
  #waiting = new Map();
  #clock;

  constructor(clock) {
    this.#clock = clock;
  }

  /** @param {number} timeout ms */
  wait(id, timeout) {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => {
        this.#waiting.delete(id);
        reject(new ChatError('timeout', 'No answer in time.', 0));
      }, timeout);
      this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  has(id) {
    return this.#waiting.has(id);
  }

  /** Hands an answer to whoever waits for it; false where nobody does. */
  answer(object) {
    const waiting = this.#waiting.get(object.id);
    if (!waiting) return false;
    this.#waiting.delete(object.id);
    this.#clock.clearTimeout(waiting.timer);
    if (object.t === 'err') waiting.reject(new ChatError(object.code, object.message, object.retry));
    else waiting.resolve(object);
    return true;
  }

  /** The connection is gone, and so are the answers. */
  abandon() {
    for (const { reject, timer } of this.#waiting.values()) {
      this.#clock.clearTimeout(timer);
      reject(new ChatError('offline', 'The connection was lost before the answer came.'));
    }
    this.#waiting.clear();
  }
}
