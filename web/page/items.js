import { changeLine } from './group-text.js';
import { dayKey, dayName, repliesText } from './text.js';

/** Maximum time between two consecutive messages of one author that form a block, in ms. */
const TOGETHER = 5 * 60_000;

/**
 * The items of the message list, in order. An item's `key` never changes. Its `version` changes when the item must be
 * redrawn.
 * @param {import('./conversation.js').Conversation} conversation
 * @param {number | null} unreadAfter the line "New" is placed before the first message of another user after this
 *   sequence; null for no line
 */
export function itemsOf(conversation, unreadAfter) {
  const { timeline, edits, me } = conversation;
  const entries = withEdits(timeline.entries(), edits);
  const bySeq = new Map(entries.map(entry => [entry.seq, entry]));
  const items = [];
  let before = null;
  let lined = unreadAfter === null;
  for (const entry of entries) {
    const day = dayKey(entry.ts);
    const newDay = before === null || dayKey(before.ts) !== day;
    if (newDay) items.push({ key: `day ${day}`, kind: 'line', text: dayName(entry.ts), version: dayName(entry.ts) });
    let line = false;
    if (!lined && entry.seq > unreadAfter && entry.kind === 'msg' && entry.from !== me) {
      lined = line = true;
      items.push({ key: 'unread', kind: 'unread', text: 'New', version: '' });
    }
    if (entry.kind === 'msg') {
      entry.opens = newDay || line || before.kind !== 'msg' || before.from !== entry.from || entry.ts - before.ts > TOGETHER;
      entry.quoted = entry.reply ? bySeq.get(entry.reply) : null;
      items.push(itemOf(entry));
    } else {
      const text = changeLine(entry, me);
      items.push({ key: entry.seq, kind: 'note', text, version: text });
    }
    before = entry;
  }
  // If the window is detached, it does not contain the newest events, and unsent messages would appear directly below
  // old messages. So omit the unsent messages.
  for (const send of timeline.detached ? [] : conversation.sends) {
    const opens = before?.from !== me;
    items.push(itemOfSend(send, opens));
    before = { from: me, kind: 'msg', ts: send.ts };
  }
  return items;
}

/**
 * The items of a thread: the message, a line with the number of replies, and the replies.
 * @param {import('./thread.js').Thread} thread
 */
export function threadItems(thread) {
  const { conversation: { edits, me }, loading, hasOlder, failed, sends } = thread;
  const { root, replies } = thread.entries;
  const items = [];
  if (root) {
    const [entry] = withEdits([root], edits);
    entry.opens = true;
    items.push(itemOf(entry));
  }
  const count = replies.filter(({ deleted }) => !deleted).length;
  const text = loading ? 'Loading replies…' : failed ? 'The replies cannot be read now.' : hasOlder ? `The newest ${repliesText(count)}` : repliesText(count);
  items.push({ key: 'count', kind: 'line', text, version: text });
  if (!loading && (hasOlder || failed)) {
    const label = failed ? 'Try again' : 'Show earlier replies';
    items.push({ key: 'more', kind: 'button', text: label, version: label, run: () => thread.loadOlder() });
  }
  let before = null;
  for (const entry of withEdits(replies, edits)) {
    entry.opens = before === null || before.from !== entry.from || entry.ts - before.ts > TOGETHER;
    items.push(itemOf(entry));
    before = entry;
  }
  for (const send of sends) {
    items.push(itemOfSend(send, before?.from !== me));
    before = { from: me };
  }
  return items;
}

/** Shows the new text of an edit before the server confirms it. */
function withEdits(entries, edits) {
  for (const entry of entries) {
    const edit = edits.get(entry.seq);
    if (edit === undefined || entry.deleted) continue;
    entry.text = edit;
    entry.saving = true;
  }
  return entries;
}

const itemOf = entry => ({ key: entry.seq, kind: 'message', entry, version: versionOf(entry) });

const itemOfSend = (send, opens) => ({ key: send.id, kind: 'send', send, opens, version: `${send.status} ${opens} ${send.error?.message}` });

function versionOf({ text, saving, opens, edited, deleted, quoted, reactions, replies }) {
  return JSON.stringify([text, saving, opens, edited, deleted, quoted?.from, quoted?.text, [...reactions], replies]);
}
