/** An address in a text; what ends a sentence is not part of it. */
const ADDRESS = /https?:\/\/[^\s<>"']+/giu;
const TRAILING = /[.,;:!?…'"»”’)\]}]+$/u;

/**
 * A text as pieces: {text} or {text, href}. Only http and https become links.
 * @returns {{ text: string, href?: string }[]}
 */
export function pieces(text) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    const href = parsed(address);
    if (!href) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index) });
    found.push({ text: address, href });
    from = match.index + address.length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}

/** A closing bracket belongs to the address where it opens one: https://example.org/a_(b) */
function trimmed(address) {
  for (;;) {
    const trailing = TRAILING.exec(address)?.[0];
    if (!trailing) return address;
    const last = trailing.at(-1);
    if (last === ')' && address.split('(').length >= address.split(')').length) return address;
    address = address.slice(0, -last.length);
  }
}

function parsed(address) {
  try {
    const url = new URL(address);
    return (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname ? url.href : null;
  } catch {
    return null;
  }
}

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dayWithYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const number = new Intl.NumberFormat();

export const timeOf = ts => clock.format(ts);
export const momentOf = ts => whole.format(ts);
export const countOf = count => number.format(count);

/** The day of a moment in this reader's own time zone, as a key. */
export function dayKey(ts) {
  const date = new Date(ts);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** Today, Yesterday, or the date. */
export function dayName(ts, now = Date.now()) {
  const today = new Date(now);
  if (dayKey(ts) === dayKey(now)) return 'Today';
  if (dayKey(ts) === dayKey(new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1))) return 'Yesterday';
  return (new Date(ts).getFullYear() === today.getFullYear() ? day : dayWithYear).format(ts);
}

/** "Bob is typing…" */
export function typingLine(users) {
  if (users.length === 0) return '';
  if (users.length === 1) return `${users[0]} is typing…`;
  if (users.length === 2) return `${users[0]} and ${users[1]} are typing…`;
  return 'Several people are typing…';
}
