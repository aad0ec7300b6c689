/**
 * Maximum number of events buffered during a repair. If more events arrive, the client drops the buffered events, and
 * reads them from history instead.
 */
const MAX_HELD = 1000;

/** After this number of failed attempts in a row to read a page, the client reports the missing events as a gap. */
const MAX_FAILURES = 5;

/**
 * Fills a gap in a room's events from history. Events that arrive meanwhile are buffered, so listeners receive all
 * events in ascending order. If a gap is wider than `maxFill` events, the client reports the gap instead of filling it,
 * and delivery continues after the gap.
 */
export class Repair {
  #room;
  #clock;
  #maxFill;
  #held = [];
  #target = 0;
  #run = 0;

  /**
   * @param {object} room
   * @param {number} room.seq the room's cursor
   * @param {(query: { after: number }) => Promise<import('./types.js').Page>} room.history reads a page
   * @param {(event: import('./types.js').ChatEvent) => void} room.deliver delivers an event and moves the cursor
   * @param {(event: import('./types.js').ChatEvent) => void} room.receive processes a buffered event as if it had just
   *   arrived
   * @param {(to: number) => void} room.skip moves the cursor to `to` and reports the gap
   * @param {(now: boolean) => void} room.repairing called with true when a repair begins, and with false when it ends
   * @param {import('./clock.js').Clock} clock
   * @param {number} maxFill widest gap that is filled, in events
   */
  constructor(room, clock, maxFill) {
    this.#room = room;
    this.#clock = clock;
    this.#maxFill = maxFill;
  }

  get active() {
    return this.#target > 0;
  }

  /**
   * Buffers an event until the repair has ended.
   * @param {import('./types.js').ChatEvent} event
   */
  hold(event) {
    if (this.#held.length >= MAX_HELD) {
      this.#target = Math.max(this.#target, this.#held.at(-1).seq);
      this.#held = [];
    }
    this.#held.push(event);
  }

  /**
   * Reads the events after the cursor from history, up to sequence `to`.
   * @param {number} to
   */
  fill(to) {
    if (to <= this.#room.seq) return;
    if (to - this.#room.seq > this.#maxFill) {
      this.#room.skip(to);
      this.#finish();
      return;
    }
    const running = this.active;
    this.#target = Math.max(this.#target, to);
    if (!running) {
      this.#room.repairing(true);
      this.#read(++this.#run);
    }
  }

  /**
   * Ends the repair and drops the buffered events, for example when the connection is lost. After the next `joined`,
   * the server sends the events after the cursor again.
   */
  abort() {
    this.#run++;
    this.#held = [];
    if (!this.active) return;
    this.#target = 0;
    this.#room.repairing(false);
  }

  async #read(run) {
    let failures = 0;
    while (this.#room.seq < this.#target) {
      let page;
      try {
        page = await this.#room.history({ after: this.#room.seq });
      } catch (error) {
        if (run !== this.#run) return;
        if (error.code === 'offline') return this.abort();
        if (++failures >= MAX_FAILURES) {
          this.#room.skip(this.#target);
          break;
        }
        await new Promise(resolve => this.#clock.setTimeout(resolve, Math.max(error.retry ?? 0, 250 * 2 ** failures)));
        if (run !== this.#run) return;
        continue;
      }
      if (run !== this.#run) return;
      failures = 0;
      for (const event of page.events) {
        if (event.seq <= this.#room.seq) continue;
        // If the page starts later than requested, the log no longer has the events before the page. Report these
        // events as a gap.
        if (event.seq > this.#room.seq + 1) this.#room.skip(event.seq - 1);
        this.#room.deliver(event);
      }
      if ((page.events.length === 0 || !page.more) && this.#room.seq < this.#target) this.#room.skip(this.#target);
    }
    if (run === this.#run) this.#finish();
  }

  #finish() {
    this.#run++;
    if (this.active) this.#room.repairing(false);
    this.#target = 0;
    const held = this.#held;
    this.#held = [];
    for (const event of held) this.#room.receive(event);
  }
}
