/** Codes of temporary errors. A retry of the same command can succeed. */
const PASSING = new Set(['timeout', 'unavailable', 'rate_limited']);

/** An error of a command: the server refused the command, or the client could not carry it out. */
export class ChatError extends Error {
  /**
   * @param {string} code an error code of the protocol (`rate_limited`, `forbidden` …), or one of the client's own:
   *   `offline` (there is no connection, or the connection was lost before the answer) and `discarded` (the application
   *   discarded the send)
   * @param {string} [message] a text for people; by default the code
   * @param {number} [retry] milliseconds to wait before a retry; absent if the server named no time
   */
  constructor(code, message, retry) {
    super(message || code);
    this.name = 'ChatError';
    /** @type {string} */
    this.code = code;
    /** @type {number | undefined} */
    this.retry = retry;
  }

  /**
   * Whether the error is temporary, so that the same command can succeed later.
   * @returns {boolean}
   */
  get passing() {
    return this.retry !== undefined || PASSING.has(this.code);
  }
}
