const SUBPROTOCOL = 'orleanschat.v1.json';

/** The close code of a socket that ended without a close frame (RFC 6455 §7.4.1). */
const ABNORMAL = 1006;

/** One WebSocket that sends and receives JSON objects. It knows nothing about rooms. */
export class Connection {
  #socket;
  #ended = false;
  #onEnd;

  /**
   * Opens the socket. Throws if the browser rejects the URL.
   * @param {object} parts
   * @param {new (url: string, protocols: string[]) => WebSocket} parts.WebSocket
   * @param {string} parts.url
   * @param {() => void} parts.onOpen
   * @param {(object: any) => void} parts.onObject called with each object that the server sends
   * @param {(error: Error) => void} parts.onFault called for each line that is not JSON
   * @param {(code: number, reason: string) => void} parts.onEnd called exactly once, as the last callback
   */
  constructor({ WebSocket, url, onOpen, onObject, onFault, onEnd }) {
    this.#onEnd = onEnd;
    const socket = this.#socket = new WebSocket(url, [SUBPROTOCOL]);
    socket.onopen = () => { if (!this.#ended) onOpen(); };
    socket.onclose = ({ code, reason }) => this.#end(code || ABNORMAL, reason || '');
    socket.onmessage = ({ data }) => {
      // A frame may contain several objects, one per line.
      for (const line of String(data).split('\n')) {
        if (this.#ended) return;
        if (line.trim() === '') continue;
        let object;
        try {
          object = JSON.parse(line);
        } catch {
          onFault(new Error('The server sent a line that is not JSON.'));
          continue;
        }
        onObject(object);
      }
    };
  }

  /**
   * @param {object} object
   * @returns {boolean} false if the socket is not open; the object is then dropped
   */
  send(object) {
    if (this.#ended || this.#socket.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(object));
    return true;
  }

  /**
   * Ends the connection now: calls `onEnd` without waiting for the closing handshake, which can take long if the peer
   * is unreachable. Does nothing if the connection has ended already.
   * @param {number} [code]
   * @param {string} [reason]
   */
  drop(code = ABNORMAL, reason = '') {
    if (this.#ended) return;
    try {
      this.#socket.close(1000);
    } catch {
      // The connection ends even if the socket cannot be closed.
    }
    this.#end(code, reason);
  }

  #end(code, reason) {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd(code, reason);
  }
}
