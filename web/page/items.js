import { dayKey, dayName } from './text.js';

/** Messages of one author that follow each other within this, in ms, stand together. */
const TOGETHER = 5 * 60_000;

/**
 * What the log shows, in order, each with a `key` that stays and a `version` that changes when it must be drawn again.
 * @param {number | null} unreadAfter a line is drawn before the first message of others behind this sequence
 */
export function itemsOf(conversation, unreadAfter) {
  const { timeline, me } = conversation;
  const entries = timeline.entries();
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
      const text = entry.kind === 'join' ? `${entry.from} became a member` : `${entry.from} is no longer a member`;
      items.push({ key: entry.seq, kind: 'note', text, version: text });
    }
    before = entry;
  }
  // Behind a detached window they would seem to answer something old.
  for (const send of timeline.detached ? [] : conversation.sends) {
    const opens = before?.from !== me;
    items.push({ key: send.id, kind: 'send', send, opens, version: `${send.status} ${opens} ${send.error?.message}` });
    before = { from: me, kind: 'msg', ts: send.ts };
  }
  return items;
}

function versionOf({ text, opens, edited, deleted, quoted, reactions }) {
  return JSON.stringify([text, opens, edited, deleted, quoted?.from, quoted?.text, [...reactions]]);
}
