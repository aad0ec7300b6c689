import { ChatError } from './error.js';

/** Maximum length of a room's list of sends whose events have not arrived. */
const MAX_WAITING = 200;

/**
 * Maximum delay before a send is retried, in ms. If the server limits a send for longer, for example in slow mode, the
 * send fails, because the user's later sends to the room would have to wait too.
 */
const MAX_PAUSE = 30_000;

/**
 * The protocol's `send` command.
 * @typedef {object} SendCommand
 * @property {'send'} t
 * @property {string} id the client id
 * @property {string} room
 * @property {string} [kind] absent for a message
 * @property {string} [text]
 * @property {string} [user] the user whose rights the command changes
 * @property {string} [role]
 * @property {number} [until]
 * @property {string} [code] for `link`
 * @property {number} [uses] for `link`
 * @property {import('./types.js').GroupSettings} [settings]
 * @property {number} [ref]
 * @property {number} [reply]
 * @property {object} [meta]
 * @property {string[]} [mentions]
 */

/**
 * A message, edit, deletion or reaction of this user, or a change of a group. The status is `pending` until the server
 * has stored or refused the send. A stored send leaves the list `room.sends` when the room's cursor reaches the send's
 * event.
 * @typedef {object} Send
 * @property {string} id the client id. Retries use the same id, so the log contains the event only once
 * @property {SendCommand} command
 * @property {number} order a room's sends are sorted by this number: the time at which the send was added, in ms, or
 *   the highest earlier order + 1 if that is greater
 * @property {'pending' | 'stored' | 'failed' | 'discarded' | 'seen'} status a send leaves the list as `discarded` if
 *   the application discarded it, and as `seen` if the room's cursor reached its event
 * @property {number | null} seq null until the send is stored
 * @property {number} ts ms since 1970: the time at which the send was added, or, once the send is stored, the time of
 *   its event
 * @property {ChatError | null} error why the send failed; null if it has not failed
 * @property {number} tries number of attempts since the send was added, or since the last call of `retry`
 * @property {boolean} rejoined whether the client has resumed the room since the server refused this send as
 *   `not_member`
 * @property {Promise<{ id: string, seq: number, ts: number }>} done resolves when the send is stored; rejects with a
 *   ChatError when the send fails or is discarded
 */

/**
 * A send that was stored in the browser.
 * @typedef {object} KeptSend
 * @property {SendCommand} command
 * @property {number} order
 * @property {{ code: string, message: string } | null} [error] why the send failed, if it failed
 */

/**
 * The user's sends to one room. A send stays in the list until its event has arrived, or until the application discards
 * the send. Only one send is in flight at a time, so that a message never overtakes an earlier message that is retried.
 */
export class Sends {
  #clock;
  #transmit;
  #ready;
  #changed;
  #rejoin;
  #cursor;
  #list = [];
  #lastOrder = 0;
  #inFlight = false;
  #pause = null;

  /**
   * @param {object} parts
   * @param {import('./clock.js').Clock} parts.clock
   * @param {(command: SendCommand) => Promise<{ seq: number, ts: number }>} parts.transmit
   * @param {() => boolean | ChatError} parts.ready whether the room accepts sends now; a ChatError if the server
   *   refused the room
   * @param {(send: Send) => void} parts.changed
   * @param {() => void} parts.rejoin resumes the room
   * @param {() => number | null} parts.cursor the room's cursor
   */
  constructor({ clock, transmit, ready, changed, rejoin, cursor }) {
    this.#clock = clock;
    this.#transmit = transmit;
    this.#ready = ready;
    this.#changed = changed;
    this.#rejoin = rejoin;
    this.#cursor = cursor;
  }

  /**
   * Pending sends, failed sends, and stored sends whose events have not arrived; oldest first.
   * @returns {Send[]}
   */
  get list() {
    return [...this.#list];
  }

  /**
   * Adds a send at the end of the list.
   * @param {SendCommand} command
   * @returns {Send}
   * @throws {ChatError} `too_large` if the list is full
   */
  add(command) {
    if (this.#list.length >= MAX_WAITING) throw new ChatError('too_large', `This room has ${MAX_WAITING} unsent messages already. Wait until some are sent, or discard failed ones.`);
    // The order ascends even if the clock is set back, so that sends stay in order across a reload.
    const send = this.#create(command, Math.max(this.#clock.now(), this.#lastOrder + 1));
    this.#changed(send);
    this.pump();
    return send;
  }

  /**
   * Adds a send that this tab or another tab stored in the browser, at the position that its `order` gives. Does
   * nothing if the list already has a send with this id.
   * @param {KeptSend} kept
   */
  restore({ command, order, error }) {
    if (this.#list.some(each => each.id === command.id)) return;
    const send = this.#create(command, order);
    if (error) {
      Object.assign(send, { status: 'failed', error: new ChatError(error.code, error.message) });
      send.reject(send.error);
    }
    this.#changed(send);
    this.pump();
  }

  /**
   * Sends a failed send again, with the same id. If the server has stored the send already, it repeats the first
   * answer. But if the error was `conflict`, the send gets the id `newId`.
   * @param {Send} send
   * @param {string} newId
   */
  retry(send, newId) {
    if (send.status !== 'failed') return;
    if (send.error?.code === 'conflict') send.id = send.command.id = newId;
    Object.assign(send, { status: 'pending', error: null, tries: 0, rejoined: false });
    this.#promise(send);
    this.#changed(send);
    this.pump();
  }

  /**
   * Drops a failed send.
   * @param {Send} send
   */
  discard(send) {
    if (send.status === 'failed') this.#remove(send, 'discarded');
  }

  /** Drops all sends. The server may still store a send that is in flight. */
  discardAll() {
    for (const send of this.#list) {
      if (send.status === 'pending') send.reject(new ChatError('discarded', 'The message was discarded before the server confirmed it.'));
      send.status = 'discarded';
      this.#remove(send, 'discarded');
    }
  }

  /**
   * Records that a send is stored, because its event arrived. This is necessary because the `ok` can be lost.
   * @param {string} id
   * @param {number} seq
   * @param {number} ts
   */
  confirm(id, seq, ts) {
    const send = this.#list.find(each => each.id === id);
    if (send && send.status !== 'stored') this.#store(send, seq, ts);
  }

  /**
   * Called when the room's cursor has moved to `seq`. Removes the stored sends up to this sequence from the list.
   * @param {number} seq
   */
  seen(seq) {
    for (const send of this.#list.filter(each => each.status === 'stored' && each.seq <= seq)) this.#remove(send, 'seen');
  }

  /**
   * Ends the delay after an earlier error. Called when the room is attached again, or when the server has refused the
   * room.
   */
  resume() {
    if (this.#pause !== null) this.#clock.clearTimeout(this.#pause);
    this.#pause = null;
    this.pump();
  }

  /**
   * Fails all pending sends, because the server refused the room.
   * @param {ChatError} error
   */
  refuse(error) {
    for (const send of this.#list.filter(each => each.status === 'pending')) this.#fail(send, error);
  }

  /**
   * Transmits the oldest pending send if the room is ready, no other send is in flight, and no delay after an error
   * runs. If `ready` returns a ChatError, all pending sends fail with this error.
   * @returns {Promise<void>}
   */
  async pump() {
    const ready = this.#ready();
    if (ready instanceof ChatError) return this.refuse(ready);
    if (this.#inFlight || this.#pause !== null || !ready) return;
    const send = this.#list.find(each => each.status === 'pending');
    if (!send) return;
    this.#inFlight = true;
    send.tries++;
    try {
      const ok = await this.#transmit(send.command);
      if (send.status === 'pending') this.#store(send, ok.seq, ok.ts);
    } catch (error) {
      if (send.status === 'pending') this.#refused(send, error);
    } finally {
      this.#inFlight = false;
    }
    this.pump();
  }

  #create(command, order) {
    const send = { id: command.id, command, order, status: 'pending', seq: null, ts: this.#clock.now(), error: null, tries: 0, rejoined: false };
    this.#lastOrder = Math.max(this.#lastOrder, order);
    this.#promise(send);
    this.#list.push(send);
    this.#list.sort((a, b) => a.order - b.order);
    return send;
  }

  #refused(send, error) {
    if (error.code === 'offline') return;
    // `not_member` has two causes. If this connection is not in the room, a resume corrects that. If this user is not a
    // member, the server refuses the resume too.
    if (error.code === 'not_member' && !send.rejoined) {
      send.rejoined = true;
      this.#rejoin();
      return;
    }
    if (error.passing && !(error.code === 'rate_limited' && error.retry > MAX_PAUSE)) {
      const pause = Math.min(MAX_PAUSE, Math.max(error.retry ?? 0, 250 * 2 ** Math.min(send.tries, 8)));
      this.#pause = this.#clock.setTimeout(() => {
        this.#pause = null;
        this.pump();
      }, pause);
      this.#changed(send);
      return;
    }
    this.#fail(send, error);
  }

  #fail(send, error) {
    Object.assign(send, { status: 'failed', error });
    this.#changed(send);
    send.reject(error);
  }

  #store(send, seq, ts) {
    Object.assign(send, { status: 'stored', seq, ts, error: null });
    this.#changed(send);
    send.resolve({ id: send.id, seq, ts });
    // The cursor may be past this event already, for example if an earlier tab sent the message.
    if (seq <= (this.#cursor() ?? -1)) this.#remove(send, 'seen');
  }

  #remove(send, status) {
    this.#list = this.#list.filter(each => each !== send);
    this.#changed({ ...send, status });
  }

  #promise(send) {
    send.done = new Promise((resolve, reject) => Object.assign(send, { resolve, reject }));
    // Prevents an unhandled rejection if the application ignores `done`.
    send.done.catch(() => {});
  }
}
