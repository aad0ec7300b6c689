import { Emitter } from '../orleanschat/emitter.js';
import { ABOUT, entriesOf } from './timeline.js';

/** Number of replies per page of history. */
const PAGE = 50;

/** Maximum number of replies that the page keeps, and the number that remains when it drops the oldest. */
const MAX_REPLIES = 1000;
const KEPT_REPLIES = 800;

/** @typedef {import('./timeline.js').Entry} Entry */

/**
 * A thread: a message and the replies to it. The replies that the conversation's window has are there at once. The older
 * ones are read from history. The class does not touch the DOM.
 * @extends {Emitter<{ change: undefined }>}
 */
export class Thread extends Emitter {
  /** Whether a page of replies is being read. */
  loading = false;
  /** Whether there are replies before the first one. */
  hasOlder = false;
  /** Whether the last read failed. */
  failed = false;

  #events = new Map();
  #stops;
  /** Increases when the replies are discarded. A page that was requested before is then dropped. */
  #era = 0;
  #isClosed = false;

  /**
   * @param {import('./conversation.js').Conversation} conversation
   * @param {number} seq sequence of the message
   */
  constructor(conversation, seq) {
    super();
    this.conversation = conversation;
    this.seq = seq;
    const { room, timeline } = conversation;
    for (const event of timeline.thread(seq)) this.#events.set(event.seq, event);
    this.#stops = [
      room.on('event', event => this.#event(event)),
      room.on('gap', () => this.#restart()),
      room.on('reset', () => this.#restart()),
      room.on('joined', () => { if (this.failed) this.#read(this.#oldest); }),
      conversation.on('change', () => this.emit('change')),
    ];
    // The window contains all replies after its first event, unless it is detached.
    this.#read(timeline.detached ? undefined : timeline.first ?? undefined);
  }

  /** Stops following the room. */
  close() {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
  }

  /**
   * The message and the replies to it. The message is null until it is known, and if it does not exist.
   * @returns {{ root: Entry | null, replies: Entry[] }} `replies` in ascending order
   */
  get entries() {
    const sorted = [...this.#events.values()].sort((a, b) => a.seq - b.seq);
    const entries = entriesOf(sorted);
    return {
      root: entries.find(({ seq }) => seq === this.seq) ?? null,
      replies: entries.filter(({ seq, reply }) => reply === this.seq && seq !== this.seq),
    };
  }

  /** The user's replies whose events have not arrived. */
  get sends() {
    return this.conversation.sends.filter(({ command }) => command.reply === this.seq);
  }

  /** Reads the page of replies before the first one, or repeats the read that failed. */
  loadOlder() {
    return this.#read(this.#oldest);
  }

  get #replies() {
    return [...this.#events.values()].filter(({ kind, reply }) => kind === 'msg' && reply === this.seq);
  }

  get #oldest() {
    const seqs = this.#replies.map(({ seq }) => seq);
    return seqs.length === 0 ? undefined : Math.min(...seqs);
  }

  async #read(before) {
    if (this.loading) return;
    const { room } = this.conversation;
    const era = this.#era;
    this.loading = true;
    this.emit('change');
    try {
      const page = await room.history({ thread: this.seq, before, limit: PAGE });
      // The message itself is in no page of its thread.
      const root = this.#events.has(this.seq) ? [] : (await room.history({ after: this.seq - 1, limit: 1 })).events.filter(({ seq }) => seq === this.seq);
      if (era === this.#era) {
        for (const event of [...root, ...page.events]) this.#events.set(event.seq, { ...event, asOf: Math.max(room.seq, event.seq) });
        this.hasOlder = page.more === true;
        this.failed = false;
      }
    } catch {
      this.failed = true;
    }
    this.loading = false;
    if (this.#isClosed) return;
    if (era !== this.#era) this.#read();
    this.emit('change');
  }

  #event(event) {
    if ((event.kind === 'msg' && event.reply === this.seq) || (ABOUT.has(event.kind) && this.#events.has(event.ref))) {
      this.#events.set(event.seq, { ...event, asOf: event.seq });
      this.#trim();
    }
  }

  #trim() {
    const replies = this.#replies;
    if (replies.length <= MAX_REPLIES) return;
    const first = replies.map(({ seq }) => seq).sort((a, b) => a - b).at(-KEPT_REPLIES);
    for (const seq of [...this.#events.keys()]) if (seq !== this.seq && seq < first) this.#events.delete(seq);
    this.hasOlder = true;
  }

  /** Reads the newest replies again, because events are missing. */
  #restart() {
    this.#era++;
    for (const seq of [...this.#events.keys()]) if (seq !== this.seq) this.#events.delete(seq);
    this.hasOlder = false;
    this.#read();
  }
}
