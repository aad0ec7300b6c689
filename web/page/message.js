import { avatar, element, nameElement } from './dom.js';
import { EVERYONE, mentionsIn, mentionsMe } from './mentions.js';
import { nameInText } from './names.js';
import { countOf, momentOf, pieces, repliesText, timeOf } from './text.js';

/** Returns a text as nodes. Each web address becomes a link, and each `@name` of the message's mentions is marked. */
function nodesOf(text, mentions, me) {
  return pieces(text).flatMap(({ text: piece, href }) => href
    ? element('a', { href, target: '_blank', rel: 'noopener noreferrer', text: piece })
    : mentioned(piece, mentions, me));
}

function mentioned(text, names, me) {
  const nodes = [];
  let from = 0;
  for (const { index, length, name } of names ? mentionsIn(text, names) : []) {
    nodes.push(document.createTextNode(text.slice(from, index)), element('span', {
      class: name === me || name === EVERYONE ? 'mention is-me' : 'mention', data: { testid: 'mention', user: name },
    }, document.createTextNode('@'), nameElement(name === EVERYONE ? 'everyone' : name)));
    from = index + length;
  }
  return [...nodes, document.createTextNode(text.slice(from))];
}

function time(ts) {
  return element('time', { datetime: new Date(ts).toISOString(), title: momentOf(ts), text: timeOf(ts) });
}

/** The message that this message answers. A click opens the thread. In a thread, there is no quote. */
function quote(entry, openThread) {
  if (!entry.reply || !openThread) return null;
  return element('button', {
    type: 'button', class: 'quote open-thread', tabindex: -1, title: 'Open the thread', data: { testid: 'quote' }, on: { click: () => openThread(entry.reply, entry.seq, '.quote') },
  },
    ...entry.quoted
      ? [element('span', { class: 'quote-author' }, nameElement(entry.quoted.from)),
        element('span', { class: 'quote-text', dir: 'auto', text: entry.quoted.text ?? 'Message deleted' })]
      : [element('span', { class: 'quote-text', text: 'Reply to an earlier message' })]);
}

function replies({ seq, replies: count }, openThread) {
  if (count === 0 || !openThread) return null;
  return element('button', {
    type: 'button', class: 'text-button open-thread replies', tabindex: -1, text: repliesText(count), data: { testid: 'replies' }, on: { click: () => openThread(seq, seq, '.replies') },
  });
}

/** Maximum number of different reactions to a message that the page shows, besides those that this user added. */
const MAX_REACTIONS = 20;

/** Maximum number of names listed per reaction. */
const MAX_NAMED = 20;

function reactions(entry, me, react) {
  if (entry.reactions.size === 0) return null;
  // After the first 20 reactions, show up to 20 more that the user added, so that the user can remove them.
  const shown = [...entry.reactions].filter(([, users], index) => index < MAX_REACTIONS || users.includes(me)).slice(0, 2 * MAX_REACTIONS);
  const chips = shown.map(([emoji, users]) => {
    const names = users.slice(0, MAX_NAMED).map(nameInText).join(', ');
    return element('button', {
      type: 'button', class: 'reaction', tabindex: -1, 'aria-pressed': String(users.includes(me)), title: names,
      data: { testid: 'reaction', emoji },
      on: { click: () => react(entry, emoji) },
    }, element('bdi', { class: 'reaction-text', text: emoji }), element('span', { class: 'reaction-count', text: users.length }),
    // The button's name is its content, so it contains the visible text as it is.
    element('span', { class: 'unseen', text: `: ${names}` }));
  });
  const more = entry.reactions.size - shown.length;
  return element('div', { class: 'reactions' }, ...chips, more > 0 ? element('span', { class: 'more-reactions', text: `+${countOf(more)}`, title: `${countOf(more)} more` }) : null);
}

/**
 * Fills a list item with a message of the log.
 * @param {HTMLElement} item
 * @param {import('./timeline.js').Entry} entry from `itemsOf`, which adds `opens`, `quoted` and `saving`
 * @param {string} me this user's id
 * @param {object} actions
 * @param {(entry: import('./timeline.js').Entry, emoji: string) => void} actions.react called when a reaction is clicked
 * @param {(seq: number, from: number, control: string) => void} [actions.openThread] opens the thread of a message; absent
 *   if the item is in a thread. `from` and `control` name the message and the control that get the focus back
 */
export function drawMessage(item, entry, me, { react, openThread }) {
  const own = entry.from === me;
  const forMe = !own && mentionsMe(entry.mentions, me);
  item.className = `message${own ? ' own' : ''}${entry.opens ? ' opens' : ''}${entry.deleted ? ' deleted' : ''}${forMe ? ' mentions-me' : ''}`;
  item.tabIndex = -1;
  Object.assign(item.dataset, { testid: openThread ? 'message' : 'reply', seq: entry.seq, from: entry.from });
  if (entry.id) item.dataset.id = entry.id;
  item.replaceChildren(
    own ? '' : avatar(entry.from),
    element('div', { class: 'stack' },
      element('p', { class: own || !entry.opens ? 'author unseen' : 'author' }, own ? document.createTextNode('You') : nameElement(entry.from),
        forMe ? element('span', { class: 'unseen', text: ' mentions you' }) : null),
      // The body clips everything that is drawn outside it, such as many combining marks. The toolbar must not be
      // clipped, so it is in the bubble, not in the body.
      element('div', { class: 'bubble' }, element('div', { class: 'body' },
        quote(entry, openThread),
        entry.deleted
          ? element('p', { class: 'text', text: 'Message deleted' })
          : element('p', { class: 'text', dir: 'auto', data: { testid: 'text' } }, ...nodesOf(entry.text, entry.mentions, me)),
        entry.saving ? element('p', { class: 'stamp', text: 'Saving…', data: { testid: 'saving' } })
          : element('p', { class: 'stamp' }, entry.edited && !entry.deleted ? element('span', { text: 'edited ' }) : null, time(entry.ts)))),
      reactions(entry, me, react),
      replies(entry, openThread)));
}

/**
 * Fills a list item with a message whose event has not arrived.
 * @param {HTMLElement} item
 * @param {{ send: import('../orleanschat.js').Send, opens: boolean }} parts `opens`: whether the message begins a block
 *   of messages of one author
 * @param {string} me this user's id
 * @param {{ retry: () => void, discard: () => void, takeBack: () => void }} actions for a failed send
 */
export function drawSend(item, { send, opens }, me, { retry, discard, takeBack }) {
  const failed = send.status === 'failed';
  const notDone = send.command.kind === 'edit' ? 'Edit not saved' : 'Not sent';
  item.className = `message own ${failed ? 'failed' : 'pending'}${opens ? ' opens' : ''}`;
  Object.assign(item.dataset, { testid: failed ? 'failed' : 'pending', id: send.id });
  item.replaceChildren(element('div', { class: 'stack' },
    element('p', { class: 'author unseen', text: 'You' }),
    element('div', { class: 'bubble' }, element('div', { class: 'body' },
      element('p', { class: 'text', dir: 'auto' }, ...nodesOf(send.command.text, send.command.mentions, me)),
      element('p', { class: 'stamp', text: send.status === 'pending' ? 'Sending…' : failed ? notDone : timeOf(send.ts) }))),
    failed && element('div', { class: 'failure', role: 'alert' },
      element('span', { text: send.error.message }),
      element('button', { type: 'button', class: 'text-button', text: 'Try again', data: { testid: 'retry' }, on: { click: () => retry(send) } }),
      element('button', { type: 'button', class: 'text-button', text: 'Edit', data: { testid: 'take-back' }, on: { click: () => takeBack(send) } }),
      element('button', { type: 'button', class: 'text-button', text: 'Discard', data: { testid: 'discard' }, on: { click: () => discard(send) } }))
    || null));
}
