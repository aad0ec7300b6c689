/** The characters of base32 (RFC 4648), in lower case. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * Makes a code for an invitation link: 26 characters with 130 random bits, which nobody can guess.
 * @returns {string}
 */
export function newLinkCode() {
  return Array.from(crypto.getRandomValues(new Uint8Array(26)), byte => ALPHABET[byte % ALPHABET.length]).join('');
}
