/** Shortest wait before coming back, in ms. */
export const RETRY_MIN = 500;

/** Longest wait before coming back, in ms. */
export const RETRY_MAX = 30_000;

/** Waits after having been replaced by a newer connection of the same device, in ms. */
export const REPLACED_MIN = 30_000;
export const REPLACED_MAX = 3_600_000;

/** The close code that says so. */
export const REPLACED = 4002;

/** Whether a client may come back after this close code. From 4500 on, after bytes that were not UTF-8 and after a frame too big, it would only fail again. */
export function comesBack(code) {
  return !(code === 1007 || code === 1009 || (code >= 4500 && code <= 4999));
}

/**
 * Full jitter: anywhere between the shortest wait and a ceiling that doubles with every attempt, so that the clients of a gateway that died do
 * not all knock at the next one together.
 * @param {number} attempt 0 for the first
 * @param {() => number} random 0 to 1
 */
export function retryDelay(attempt, random) {
  const ceiling = Math.min(RETRY_MAX, RETRY_MIN * 2 ** (Math.min(attempt, 16) + 1));
  return RETRY_MIN + random() * (ceiling - RETRY_MIN);
}

/**
 * Where two clients go by the name of one device, each comes back by ending the other. So they do it ever more rarely, down to about once an hour.
 * @param {number} times how often it happened before, since a person last asked for the connection
 * @param {() => number} random 0 to 1
 */
export function replacedDelay(times, random) {
  const ceiling = Math.min(REPLACED_MAX, REPLACED_MIN * 2 ** (Math.min(times, 16) + 1));
  return ceiling / 2 + random() * (ceiling / 2);
}
