import { blockedReason } from './group-text.js';
import { inForce } from './rights.js';

/**
 * Maximum delay of a timer, in ms: browsers store the delay in 31 bits. A mute that ends later needs several timers.
 */
const MAX_TIMER = 2 ** 31 - 1;

/**
 * Blocks the composer while the user cannot write to the room that is shown. When a mute ends, checks again whether the
 * user can write.
 */
export class MuteWatch {
  #block;
  #clock;
  #timer = null;

  /**
   * @param {(reason: string) => void} block called with the reason why the user cannot write, or with an empty string
   *   if the user can write
   * @param {import('../orleanschat/clock.js').Clock} clock
   */
  constructor(block, clock) {
    this.#block = block;
    this.#clock = clock;
  }

  /**
   * Watches a room in place of the previous one.
   * @param {{ mutedUntil: number }} room
   */
  watch(room) {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    const now = this.#clock.now();
    this.#block(blockedReason(room, now));
    if (inForce(room.mutedUntil, now)) this.#timer = this.#clock.setTimeout(() => this.watch(room), Math.min(MAX_TIMER, room.mutedUntil - now));
  }
}
