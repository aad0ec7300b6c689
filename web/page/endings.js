/** The sentence for an end that the page does not come back from by itself. */
const ENDINGS = {
  4501: 'The service did not accept this name.',
  4502: 'You cannot use this service.',
  4503: 'You have too many connections open. Close another tab and try again.',
  4504: 'You were asked to leave.',
};

/**
 * Why it ended, for people.
 * @param {{ code?: number, reason?: string }} end
 * @param {boolean} byToken whether this person came in by a token
 */
export function endingOf({ code, reason }, byToken) {
  if (code === 4501 && byToken) {
    return reason?.startsWith('token_expired')
      ? 'The link that let you in has expired. Ask for a new one.'
      : 'The link that you came by is not valid here. Ask for a new one.';
  }
  return ENDINGS[code] ?? 'The connection has ended.';
}
