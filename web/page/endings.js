/** Sentences for close codes after which the page does not reconnect. */
const ENDINGS = {
  4501: 'The service did not accept this name.',
  4502: 'You do not have access to this service.',
  4503: 'You have too many connections open. Close another tab and try again.',
  4504: 'You were removed from this service.',
};

/**
 * The sentence that explains why the session ended.
 * @param {{ code?: number, reason?: string }} end
 * @param {boolean} byToken whether the user signed in with a token
 * @returns {string}
 */
export function endingOf({ code, reason }, byToken) {
  if (code === 4501 && byToken) {
    return reason?.startsWith('token_expired')
      ? 'Your link has expired. Ask for a new one.'
      : 'Your link is not valid here. Ask for a new one.';
  }
  return ENDINGS[code] ?? 'The connection has ended.';
}
