import { ChatError } from './error.js';

/** Most sends of one room that may wait at a time. */
const MAX_WAITING = 200;

/** Longest pause between two tries of the same send, in ms. */
const MAX_PAUSE = 30_000;

/**
 * What was said in a room and is not known to be stored. Each send keeps its id however often it goes out, so the log holds it once. One is in flight
 * at a time: a message can then never overtake an earlier one that had to be tried again.
 *
 * A send is `pending`, then `stored` (with its `seq` and `ts`) or `failed` (with its `error`); `done` is the promise of that.
 */
export class Sends {
  #clock;
  #transmit;
  #ready;
  #changed;
  #rejoin;
  #list = [];
  #inFlight = false;
  #pause = null;

  /** @param {{ clock, transmit: (command) => Promise, ready: () => boolean, changed: (send) => void, rejoin: () => void }} parts */
  constructor({ clock, transmit, ready, changed, rejoin }) {
    this.#clock = clock;
    this.#transmit = transmit;
    this.#ready = ready;
    this.#changed = changed;
    this.#rejoin = rejoin;
  }

  /** Pending, failed, and stored whose event has not arrived; oldest first. */
  get list() {
    return [...this.#list];
  }

  add(command) {
    if (this.#list.length >= MAX_WAITING) throw new ChatError('too_large', `${MAX_WAITING} messages are waiting already.`);
    const send = { id: command.id, command, status: 'pending', seq: null, ts: this.#clock.now(), error: null, tries: 0, rejoined: false };
    this.#promise(send);
    this.#list.push(send);
    this.#changed(send);
    this.pump();
    return send;
  }

  /** Tries a failed send again, with its own id: if it had been stored after all, the first answer comes back. */
  retry(send, newId) {
    if (send.status !== 'failed') return;
    if (send.error?.code === 'conflict') send.id = send.command.id = newId;
    Object.assign(send, { status: 'pending', error: null, tries: 0, rejoined: false });
    this.#promise(send);
    this.#changed(send);
    this.pump();
  }

  /** Forgets a failed send. */
  discard(send) {
    if (send.status === 'failed') this.#remove(send, 'discarded');
  }

  /** The own event of a send arrived: it is stored, whether or not its ok ever comes. */
  confirm(id, seq, ts) {
    const send = this.#list.find(each => each.id === id);
    if (send && send.status !== 'stored') this.#store(send, seq, ts);
  }

  /** The room's cursor reached `seq`: what is stored up to there has been seen as an event. */
  seen(seq) {
    for (const send of this.#list.filter(each => each.status === 'stored' && each.seq <= seq)) this.#remove(send, 'seen');
  }

  /** A connection came back; no pause of the last one holds. */
  resume() {
    if (this.#pause !== null) this.#clock.clearTimeout(this.#pause);
    this.#pause = null;
    this.pump();
  }

  /** The room will not have this user: nothing of what waits can be said. */
  refuse(error) {
    for (const send of this.#list.filter(each => each.status === 'pending')) this.#fail(send, error);
  }

  /** Sends the oldest pending one, if the room is ready and none is under way. */
  async pump() {
    if (this.#inFlight || this.#pause !== null || !this.#ready()) return;
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

  #refused(send, error) {
    if (error.code === 'offline') return;
    if (error.code === 'not_member' && !send.rejoined) {
      send.rejoined = true;
      this.#rejoin();
      return;
    }
    if (error.passing) {
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
  }

  #remove(send, status) {
    this.#list = this.#list.filter(each => each !== send);
    this.#changed({ ...send, status });
  }

  #promise(send) {
    send.done = new Promise((resolve, reject) => Object.assign(send, { resolve, reject }));
    // Whoever shows `status` need not await `done` as well.
    send.done.catch(() => {});
  }
}
