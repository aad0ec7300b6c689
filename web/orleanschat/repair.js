/** Most events kept aside while a hole is filled; beyond it they are let go and read from the log with the rest. */
const MAX_HELD = 1000;

/** Tries of one page before what is missing is named instead. */
const MAX_FAILURES = 5;

/**
 * Fills a hole in a room's events from history. What arrives meanwhile waits, so that whoever listens sees one ascending order. A hole wider than
 * `maxFill` events is not filled: it is named, and reading goes on behind it.
 */
export class Repair {
  #room;
  #clock;
  #maxFill;
  #held = [];
  #target = 0;
  #run = 0;

  /** @param {{ seq: number, history: Function, deliver: Function, skip: Function, repairing: Function }} room */
  constructor(room, clock, maxFill) {
    this.#room = room;
    this.#clock = clock;
    this.#maxFill = maxFill;
  }

  get active() {
    return this.#target > 0;
  }

  /** Keeps an event for after the repair. */
  hold(event) {
    if (this.#held.length >= MAX_HELD) {
      this.#target = Math.max(this.#target, this.#held.at(-1).seq);
      this.#held = [];
    }
    this.#held.push(event);
  }

  /** Everything up to `to` is to be read from the log. */
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

  /** The connection is gone: what was not delivered comes again with the next one, from the cursor. */
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
        // Older than what the log keeps: gone, and said so.
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
