/** Minimum delay before a reconnect, in ms. */
export const RETRY_MIN = 500;

/** Maximum delay before a reconnect, in ms. */
export const RETRY_MAX = 30_000;

/** Minimum delay before a reconnect after close code 4002, in ms. */
export const REPLACED_MIN = 30_000;

/** Maximum delay before a reconnect after close code 4002, in ms. */
export const REPLACED_MAX = 3_600_000;

/** Close code: a newer connection of the same device replaced this one. */
export const REPLACED = 4002;

/**
 * Whether the client reconnects after this close code. The client does not reconnect after 1002 (frames that violate
 * RFC 6455), 1007 (not UTF-8), 1009 (frame too large) and 4500 to 4999, because a new connection would fail in the same
 * way.
 * @param {number} code
 * @returns {boolean}
 */
export function comesBack(code) {
  return !(code === 1002 || code === 1007 || code === 1009 || (code >= 4500 && code <= 4999));
}

/**
 * The delay before a reconnect: a random time between RETRY_MIN and a ceiling that doubles with each attempt, up to
 * RETRY_MAX. The jitter spreads the reconnects of many clients when a gateway fails.
 * @param {number} attempt 0 for the first
 * @param {() => number} random returns 0 to 1
 * @returns {number} ms
 */
export function retryDelay(attempt, random) {
  const ceiling = Math.min(RETRY_MAX, RETRY_MIN * 2 ** (Math.min(attempt, 16) + 1));
  return RETRY_MIN + random() * (ceiling - RETRY_MIN);
}

/**
 * The delay before a reconnect after close code 4002. If two clients use the same device name, each reconnect ends the
 * other client's connection. So the delay grows to between half an hour and an hour.
 * @param {number} times number of earlier 4002 closes since a person last asked for the connection
 * @param {() => number} random returns 0 to 1
 * @returns {number} ms
 */
export function replacedDelay(times, random) {
  const ceiling = Math.min(REPLACED_MAX, REPLACED_MIN * 2 ** (Math.min(times, 16) + 1));
  return ceiling / 2 + random() * (ceiling / 2);
}
