import { changeLine } from './group-text.js';
import { dayKey, dayName } from './text.js';

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
  const entries = timeline.entries();
  // Show the new text of an edit before the server confirms it.
  for (const entry of entries) {
    const edit = edits.get(entry.seq);
    if (edit === undefined || entry.deleted) continue;
    entry.text = edit;
    entry.saving = true;
  }
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
      items.push({ key: entry.seq, kind: 'message', entry, version: versionOf(entry) });
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
    items.push({ key: send.id, kind: 'send', send, opens, version: `${send.status} ${opens} ${send.error?.message}` });
    before = { from: me, kind: 'msg', ts: send.ts };
  }
  return items;
}

function versionOf({ text, saving, opens, edited, deleted, quoted, reactions }) {
  return JSON.stringify([text, saving, opens, edited, deleted, quoted?.from, quoted?.text, [...reactions]]);
}
