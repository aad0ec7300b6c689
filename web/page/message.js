import { avatar, element } from './dom.js';
import { momentOf, pieces, timeOf } from './text.js';

/** Text with its addresses as links. */
function linked(text) {
  return pieces(text).map(({ text: piece, href }) => href
    ? element('a', { href, target: '_blank', rel: 'noopener noreferrer', text: piece })
    : document.createTextNode(piece));
}

function time(ts) {
  return element('time', { datetime: new Date(ts).toISOString(), title: momentOf(ts), text: timeOf(ts) });
}

function quote(entry) {
  if (!entry.quoted) return null;
  return element('p', { class: 'quote' },
    element('span', { class: 'quote-author', text: entry.quoted.from }),
    element('span', { class: 'quote-text', text: entry.quoted.text ?? 'Message deleted' }));
}

function reactions(entry, me, react) {
  if (entry.reactions.size === 0) return null;
  const chips = [...entry.reactions].map(([emoji, users]) => element('button', {
    type: 'button', class: 'reaction', tabindex: -1, 'aria-pressed': String(users.includes(me)),
    'aria-label': `${emoji}, ${users.length}: ${users.slice(0, 20).join(', ')}`, title: users.slice(0, 20).join(', '),
    data: { testid: 'reaction', emoji },
    on: { click: () => react(entry, emoji) },
  }, element('span', { text: emoji }), element('span', { class: 'reaction-count', text: users.length })));
  return element('div', { class: 'reactions' }, ...chips);
}

/** Fills a list item with a message of the log. `react(entry, emoji)` is called when one of its reactions is pressed. */
export function drawMessage(item, entry, me, react) {
  const own = entry.from === me;
  item.className = `message${own ? ' own' : ''}${entry.opens ? ' opens' : ''}${entry.deleted ? ' deleted' : ''}`;
  item.tabIndex = -1;
  Object.assign(item.dataset, { testid: 'message', seq: entry.seq, from: entry.from });
  if (entry.id) item.dataset.id = entry.id;
  item.replaceChildren(
    own ? '' : avatar(entry.from),
    element('div', { class: 'stack' },
      element('p', { class: own || !entry.opens ? 'author unseen' : 'author', text: own ? 'You' : entry.from }),
      element('div', { class: 'bubble' },
        quote(entry),
        entry.deleted
          ? element('p', { class: 'text', text: 'Message deleted' })
          : element('p', { class: 'text', data: { testid: 'text' } }, ...linked(entry.text)),
        element('p', { class: 'stamp' }, entry.edited && !entry.deleted ? element('span', { text: 'edited ' }) : null, time(entry.ts))),
      reactions(entry, me, react)));
}

/** Fills a list item with something said that is not an event yet. */
export function drawSend(item, { send, opens }, { retry, discard }) {
  const failed = send.status === 'failed';
  item.className = `message own ${failed ? 'failed' : 'pending'}${opens ? ' opens' : ''}`;
  Object.assign(item.dataset, { testid: failed ? 'failed' : 'pending', id: send.id });
  item.replaceChildren(element('div', { class: 'stack' },
    element('p', { class: 'author unseen', text: 'You' }),
    element('div', { class: 'bubble' },
      element('p', { class: 'text' }, ...linked(send.command.text)),
      element('p', { class: 'stamp', text: send.status === 'pending' ? 'Sending…' : failed ? 'Not sent' : timeOf(send.ts) })),
    failed && element('div', { class: 'failure', role: 'alert' },
      element('span', { text: send.error.message }),
      element('button', { type: 'button', class: 'text-button', text: 'Try again', data: { testid: 'retry' }, on: { click: () => retry(send) } }),
      element('button', { type: 'button', class: 'text-button', text: 'Discard', data: { testid: 'discard' }, on: { click: () => discard(send) } }))
    || null));
}
