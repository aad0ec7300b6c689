import { Connection } from './connection.js';

/** Maximum time from opening a socket to `welcome`, in ms. */
const WELCOME_WITHIN = 15_000;

/** @typedef {import('./types.js').SessionOptions} SessionOptions */

/** Starts the connections of a session: opens a socket, sends `hello`, and limits the time until `welcome`. */
export class Handshake {
  #url;
  #user;
  #token;
  #WebSocket;
  #clock;
  #timer = null;

  /**
   * @param {Pick<SessionOptions, 'url' | 'user' | 'token'> & Required<Pick<SessionOptions, 'WebSocket' | 'clock'>>}
   *   options
   */
  constructor({ url, user, token, WebSocket, clock }) {
    this.#url = url;
    this.#user = user;
    this.#token = token;
    this.#WebSocket = WebSocket;
    this.#clock = clock;
  }

  /**
   * The URL of the WebSocket. If the session has a `user`, the query contains the user.
   * @returns {string}
   * @throws {TypeError} if the URL is not valid
   */
  get address() {
    const url = new URL(this.#url);
    if (this.#user !== undefined) url.searchParams.set('user', this.#user);
    return url.href;
  }

  /**
   * Opens a connection and sends `hello` on it. The connection ends if there is no `welcome` within 15 s, or if the
   * token callback fails. Throws if the browser rejects the URL.
   * @param {string} address
   * @param {object} parts
   * @param {() => { id: string, device: string, rooms: object }} parts.hello returns the `hello` without the token;
   *   called after the token callback has returned
   * @param {(object: any) => void} parts.onObject as for `Connection`
   * @param {(error: Error) => void} parts.onFault as for `Connection`; also called if the token callback fails
   * @param {(code: number, reason: string) => void} parts.onEnd as for `Connection`
   * @returns {Connection}
   */
  open(address, { hello, onObject, onFault, onEnd }) {
    const connection = new Connection({
      WebSocket: this.#WebSocket,
      url: address,
      onOpen: () => this.#greet(connection, hello, onFault),
      onObject,
      onFault,
      onEnd,
    });
    this.#timer = this.#clock.setTimeout(() => connection.drop(), WELCOME_WITHIN);
    return connection;
  }

  /** Stops the timer, because the server sent `welcome` or the connection ended. */
  end() {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #greet(connection, hello, onFault) {
    let token;
    try {
      token = typeof this.#token === 'function' ? await this.#token() : this.#token;
    } catch (error) {
      onFault(error);
      connection.drop();
      return;
    }
    const { id, device, rooms } = hello();
    connection.send({ t: 'hello', id, device, ...(token ? { token } : {}), rooms });
  }
}
