const SUBPROTOCOL = 'orleanschat.v1.json';

/** Reported where a socket ended without a close frame (RFC 6455 §7.4.1). */
const ABNORMAL = 1006;

/** One socket: objects out, objects in, one end. It knows frames and nothing of rooms. */
export class Connection {
  #socket;
  #ended = false;
  #onEnd;

  /**
   * @param {{ WebSocket: Function, url: string, onOpen: Function, onObject: Function, onFault: Function, onEnd: Function }} parts
   *   `onEnd(code, reason)` comes exactly once, and nothing after it.
   */
  constructor({ WebSocket, url, onOpen, onObject, onFault, onEnd }) {
    this.#onEnd = onEnd;
    const socket = this.#socket = new WebSocket(url, [SUBPROTOCOL]);
    socket.onopen = () => { if (!this.#ended) onOpen(); };
    socket.onclose = ({ code, reason }) => this.#end(code || ABNORMAL, reason || '');
    socket.onmessage = ({ data }) => {
      // A frame may hold several objects, one a line.
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

  /** False where the socket is not open: the object went nowhere. */
  send(object) {
    if (this.#ended || this.#socket.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(object));
    return true;
  }

  /**
   * Ends it now. A socket whose peer is gone would wait a long time for the other half of the closing handshake; nobody here waits with it.
   */
  drop(code = ABNORMAL, reason = '') {
    if (this.#ended) return;
    try {
      this.#socket.close(1000);
    } catch {
      // Not even opened: there is nothing to close.
    }
    this.#end(code, reason);
  }

  #end(code, reason) {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd(code, reason);
  }
}
