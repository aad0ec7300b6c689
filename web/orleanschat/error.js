/** Errors that say nothing about the command itself: the same again can only help. */
const PASSING = new Set(['timeout', 'unavailable', 'rate_limited']);

/** A command that was not carried out. */
export class ChatError extends Error {
  /**
   * @param {string} code a word of the protocol (`rate_limited`, `forbidden` …), or `offline` where the connection went before the answer came
   * @param {number} [retry] milliseconds after which trying again can help; absent where it cannot
   */
  constructor(code, message, retry) {
    super(message || code);
    this.name = 'ChatError';
    this.code = code;
    this.retry = retry;
  }

  /** Whether trying the same again can help. */
  get passing() {
    return this.retry !== undefined || PASSING.has(this.code);
  }
}
