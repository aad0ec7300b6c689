/**
 * The time and timers that a session uses. Tests pass their own clock.
 * @typedef {object} Clock
 * @property {() => number} now ms since 1970
 * @property {(callback: () => void, delay: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

/** @type {Clock} */
export const systemClock = {
  now: () => Date.now(),
  setTimeout: (callback, delay) => setTimeout(callback, delay),
  clearTimeout: timer => clearTimeout(timer),
};
