import { ChatError } from './error.js';
import { KEPT } from './tab-store.js';

const KIND = 'send';

/** Estimated size of a stored send without its text, in UTF-16 units. */
const AROUND_TEXT = 1000;

/**
 * Stores pending and failed sends in the browser, with their client ids. If a tab closes before its messages are sent,
 * another tab sends them. If two tabs send the same message, the server stores it once, because both use the same
 * client id.
 *
 *   const kept = new KeptSends(store, name => session.resume(name));
 *   kept.follow(room);                   // for every room of the session
 *   await store.open();
 */
export class KeptSends {
  #store;
  #keptAs = new WeakMap();
  #unkept = new Set();

  /**
   * @param {import('./tab-store.js').TabStore} store must not be open yet; the caller opens it after this call
   * @param {(name: string) => import('./room.js').Room} open returns the room of a send that this tab takes over from a
   *   closed tab; the application must have called `follow` for that room
   */
  constructor(store, open) {
    this.#store = store;
    store.onAdopt(KIND, (id, value) => {
      const { room, command, order } = value ?? {};
      if (typeof room !== 'string' || command?.t !== 'send' || command.id !== id || command.room !== room || !Number.isFinite(order)) {
        return store.remove(KIND, id);
      }
      open(room).restore(value);
    });
  }

  /**
   * Whether every pending or failed send is stored in the browser. False if the browser cannot store anything.
   * @returns {boolean}
   */
  get keeps() {
    return this.#store.keeps && this.#unkept.size === 0;
  }

  /**
   * Checks whether a send of this text can be stored. Call it before `room.send`.
   * @param {string | null} [text]
   * @throws {ChatError} `too_large` if the user's stored sends have reached their maximum number or size
   */
  admit(text) {
    if (this.#store.isFull(KIND, (text?.length ?? 0) + AROUND_TEXT)) {
      throw new ChatError('too_large', 'Too many messages are waiting to be sent. Wait until some are sent, or discard failed ones.');
    }
  }

  /**
   * Stores the sends of a room from now on.
   * @param {import('./room.js').Room} room
   */
  follow(room) {
    room.on('send', send => this.#changed(room, send));
  }

  #changed(room, send) {
    // Do not store a command that makes an invitation link, because the code of the link is a secret. Another tab could
    // not show the link to the user anyway.
    if (send.command.kind === 'link') return;
    const before = this.#keptAs.get(send);
    if (before !== undefined && before !== send.id) this.#forget(before);
    if (send.status !== 'pending' && send.status !== 'failed') return this.#forget(send.id);
    this.#keptAs.set(send, send.id);
    const { command, order, error } = send;
    const outcome = this.#store.put(KIND, send.id, { room: room.name, command, order, error: error && { code: error.code, message: error.message } });
    if (outcome === KEPT) this.#unkept.delete(send.id);
    else this.#unkept.add(send.id);
  }

  #forget(id) {
    this.#unkept.delete(id);
    this.#store.remove(KIND, id);
  }
}
