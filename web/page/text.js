import { nameInText } from './names.js';

const ADDRESS = /https?:\/\/[^\s<>"'\p{Bidi_Control}]+/giu;

/** The scheme and the authority of an address (RFC 3986 §3.2): the server's name, with user name and port. */
const AUTHORITY = /^(https?:\/\/)([^/?#\\]*)/iu;

/** Punctuation that ends a sentence or closes a bracket. At the end of an address, it is not part of the link. */
const TRAILING = new Set('.,;:!?…\'"»”’)]}');

/** The server counts up to this number of replies to a message. */
const MAX_COUNTED = 100;

/** Maximum length of an address that becomes a link, in UTF-16 units. */
const MAX_ADDRESS = 2048;

/**
 * Splits a text into plain pieces and links. Only http and https addresses become links. An address with a user name or
 * password does not become a link, because a reader could take the user name for the server's name. A server name that
 * is not ASCII is shown in its ASCII form (RFC 3492), because letters of different scripts look alike.
 * @param {string} text
 * @returns {{ text: string, href?: string }[]}
 */
export function pieces(text) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    const url = parsed(address);
    if (!url) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index) });
    found.push({ text: shown(address, url), href: url.href });
    from = match.index + address.length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}

/**
 * Removes trailing punctuation from an address. A closing parenthesis stays if it closes a parenthesis in the address,
 * as in https://example.org/a_(b). The running time is linear in the length of the address, so a hostile text cannot
 * block the page.
 */
function trimmed(address) {
  let open = 0;
  for (const character of address) open += character === '(' ? 1 : character === ')' ? -1 : 0;
  let end = address.length;
  while (TRAILING.has(address[end - 1])) {
    if (address[end - 1] === ')') {
      if (open >= 0) break;
      open++;
    }
    end--;
  }
  return address.slice(0, end);
}

function parsed(address) {
  if (address.length > MAX_ADDRESS) return null;
  try {
    const url = new URL(address);
    return (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname && !url.username && !url.password ? url : null;
  } catch {
    return null;
  }
}

function shown(address, url) {
  return address.replace(AUTHORITY, (whole, scheme, authority) => /^[\w.:[\]-]*$/.test(authority) ? whole : scheme + url.host);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dayWithYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const number = new Intl.NumberFormat();

export const timeOf = ts => clock.format(ts);
export const momentOf = ts => whole.format(ts);
export const countOf = count => number.format(count);

/**
 * The day of a time in the browser's time zone, as a key such as `2026-1-31`.
 * @param {number | Date} ts
 * @returns {string}
 */
export function dayKey(ts) {
  const date = new Date(ts);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/**
 * The name of a day in the browser's language: today, yesterday, or the date.
 * @param {number} ts
 * @param {number} [now]
 * @returns {string}
 */
export function dayName(ts, now = Date.now()) {
  const today = new Date(now);
  if (dayKey(ts) === dayKey(now)) return relativeDay(0);
  if (dayKey(ts) === dayKey(new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1))) return relativeDay(-1);
  return (new Date(ts).getFullYear() === today.getFullYear() ? day : dayWithYear).format(ts);
}

function relativeDay(days) {
  // The formatter returns a word for the middle of a sentence, so make the first letter upper case.
  const [first, ...rest] = relative.format(days, 'day');
  return first.toLocaleUpperCase(relative.resolvedOptions().locale) + rest.join('');
}

/** "3 replies"; the server counts up to 1,000. */
export function repliesText(count) {
  if (count === 0) return 'No replies yet';
  return count === 1 ? '1 reply' : `${countOf(count)}${count >= MAX_COUNTED ? '+' : ''} replies`;
}

/** "Bob is typing…" */
export function typingLine(users) {
  if (users.length === 0) return '';
  if (users.length === 1) return `${nameInText(users[0])} is typing…`;
  if (users.length === 2) return `${nameInText(users[0])} and ${nameInText(users[1])} are typing…`;
  return 'Several people are typing…';
}
