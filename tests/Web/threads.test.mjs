import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conversation } from '../../web/page/conversation.js';
import { itemsOf, threadItems } from '../../web/page/items.js';
import { readersNote } from '../../web/page/readers.js';
import { repliesText } from '../../web/page/text.js';
import { Thread } from '../../web/page/thread.js';
import { Timeline } from '../../web/page/timeline.js';
import { event, events, settle, stage } from './fakes.mjs';

const reply = (seq, to, parts) => event(seq, { reply: to, ...parts });
const about = (seq, kind, ref, parts) => event(seq, { kind, ref, text: undefined, ...parts });
const repliesOf = (timeline, seq) => timeline.entries().find(entry => entry.seq === seq).replies;

/** Returns a conversation that has got these events, and answers to its `history` commands. */
async function inLobby(...pushed) {
  const s = stage();
  const { room } = await s.inLobby((pushed[0]?.seq ?? 1) - 1);
  const conversation = new Conversation(room, 'ann');
  s.socket.says(...pushed);
  await settle();
  const answer = async (...pages) => {
    for (const page of pages) {
      s.socket.says({ t: 'page', id: s.socket.last('history').id, room: 'lobby', first: 0, last: 0, ...page });
      await settle();
    }
  };
  return { s, conversation, answer, says: async (...objects) => { s.socket.says(...objects); await settle(); } };
}

const shown = ({ entries: { root, replies } }) => [root?.seq ?? null, replies.map(({ seq }) => seq)];

test('Message_WhenRepliesArriveAndAreDeleted_CountsThem', () => {
  const timeline = new Timeline();
  for (const each of [event(1), reply(2, 1), reply(3, 1), reply(4, 2)]) timeline.push(each);
  assert.deepEqual([1, 2, 3].map(seq => repliesOf(timeline, seq)), [2, 1, 0]);
  timeline.push(about(5, 'delete', 3));
  assert.equal(repliesOf(timeline, 1), 1);
  timeline.push(reply(6, 1, { text: undefined }));
  assert.equal(repliesOf(timeline, 1), 1);
});

test('Message_WhenAPageHasItsReplies_DoesNotCountThemTwice', () => {
  const timeline = new Timeline();
  timeline.push(reply(10, 8));
  timeline.merge([event(8, { replies: 2 }), reply(9, 8)], 10);
  assert.equal(repliesOf(timeline, 8), 2);
  timeline.push(reply(11, 8));
  assert.equal(repliesOf(timeline, 8), 3);
});

test('Message_WhenTheWindowIsDetached_AddsLaterRepliesToTheServersNumber', () => {
  const timeline = new Timeline();
  timeline.merge([event(1, { replies: 7 }), ...events(2, 6)], 100);
  timeline.trimNewest(5, 3);
  assert.equal(timeline.detached, true);
  assert.equal(repliesOf(timeline, 1), 7);
  timeline.push(reply(101, 1));
  timeline.push(reply(102, 90));
  assert.equal(repliesOf(timeline, 1), 8);
  assert.deepEqual(timeline.entries().map(({ seq }) => seq), [1, 2, 3]);
});

test('Items_WhenTheNumberOfRepliesChanges_HaveAnotherVersion', async () => {
  const { conversation, says } = await inLobby(event(1));
  const version = () => itemsOf(conversation, null).find(({ key }) => key === 1).version;
  const before = version();
  await says(reply(2, 1));
  assert.notEqual(version(), before);
});

test('Thread_WhenOpened_HasTheRepliesOfTheWindowAndReadsTheOlderOnes', async () => {
  const { s, conversation, answer } = await inLobby(reply(50, 3), event(51), reply(52, 3), about(53, 'react', 50, { text: '👍' }));
  const thread = new Thread(conversation, 3);
  assert.deepEqual(shown(thread), [null, [50, 52]]);
  assert.deepEqual(threadItems(thread).map(({ kind }) => kind), ['line', 'message', 'message']);
  const { id, ...query } = s.socket.last('history');
  assert.deepEqual(query, { t: 'history', room: 'lobby', thread: 3, before: 50, limit: 50 });

  await answer({ events: [reply(20, 3), reply(21, 3, { text: undefined })], more: true });
  assert.deepEqual(s.socket.last('history').after, 2);
  await answer({ events: [event(3, { replies: 9 })] });
  assert.deepEqual(shown(thread), [3, [20, 21, 50, 52]]);
  assert.deepEqual([...thread.entries.replies[2].reactions.keys()], ['👍']);
  assert.deepEqual(threadItems(thread).map(({ kind }) => kind), ['message', 'line', 'button', 'message', 'message', 'message', 'message']);
  assert.equal(threadItems(thread)[1].text, 'The newest 3 replies');

  thread.loadOlder();
  await settle();
  assert.equal(s.socket.last('history').before, 20);
  await answer({ events: [reply(4, 3)] });
  assert.deepEqual(shown(thread), [3, [4, 20, 21, 50, 52]]);
  assert.equal(thread.hasOlder, false);
});

test('Thread_WhenTheWindowIsDetached_ReadsItsNewestReplies', async () => {
  const { s, conversation, answer } = await inLobby(event(1), reply(2, 1), ...events(3, 5), reply(6, 1));
  conversation.timeline.trimNewest(5, 3);
  const thread = new Thread(conversation, 1);
  assert.deepEqual(shown(thread), [1, []]);
  assert.equal('before' in s.socket.last('history'), false);
  await answer({ events: [reply(6, 1)], more: true });
  assert.deepEqual([shown(thread), thread.hasOlder], [[1, [6]], true]);
});

test('Thread_WhenItHasTooManyReplies_DropsTheOldest', async () => {
  const { conversation, answer, says } = await inLobby(event(1));
  const thread = new Thread(conversation, 1);
  await answer({ events: [] });
  await says(...events(2, 1002).map(each => ({ ...each, reply: 1 })));
  assert.equal(thread.hasOlder, true);
  assert.deepEqual([thread.entries.root.seq, thread.entries.replies.length, thread.entries.replies[0].seq], [1, 800, 203]);
});

test('Thread_WhenEventsArrive_GrowsAndChanges', async () => {
  const { conversation, answer, says } = await inLobby(event(1), reply(2, 1));
  const thread = new Thread(conversation, 1);
  let drawn = 0;
  thread.on('change', () => drawn++);
  await answer({ events: [] });
  const before = drawn;

  await says(reply(3, 1), event(4), reply(5, 4), about(6, 'edit', 3, { text: 'new' }), about(7, 'react', 1, { text: '🎉' }), about(8, 'delete', 2));
  assert.ok(drawn > before);
  assert.deepEqual(shown(thread), [1, [2, 3]]);
  const { root, replies } = thread.entries;
  assert.deepEqual([root.reactions.size, replies[0].deleted, replies[1].text], [1, true, 'new']);
  assert.equal(threadItems(thread)[1].text, '1 reply');

  thread.close();
  await says(reply(9, 1));
  assert.deepEqual(shown(thread), [1, [2, 3]]);
});

test('Thread_WhenEventsAreMissing_ReadsTheNewestReplies', async () => {
  const { s, conversation, answer } = await inLobby(event(1), reply(2, 1));
  const thread = new Thread(conversation, 1);
  const old = s.socket.last('history').id;
  conversation.room.emit('gap', { from: 3, to: 5000 });
  assert.deepEqual(shown(thread), [1, []]);

  s.socket.says({ t: 'page', id: old, room: 'lobby', events: [reply(2, 1)], first: 2, last: 2 });
  await settle();
  assert.deepEqual(shown(thread), [1, []], 'the page was requested before the gap');
  assert.equal('before' in s.socket.last('history'), false);
  await answer({ events: [reply(2, 1), reply(4000, 1)] });
  assert.deepEqual(shown(thread), [1, [2, 4000]]);
});

test('Thread_WhenAReadFails_IsReadAgainOnTheNextConnection', async () => {
  const { s, conversation, answer } = await inLobby(event(1), reply(2, 1));
  const thread = new Thread(conversation, 1);
  await s.again();
  assert.equal(thread.failed, true);
  assert.deepEqual(threadItems(thread).map(({ kind }) => kind), ['message', 'line', 'button', 'message']);
  await s.welcome();
  s.socket.says({ t: 'joined', room: 'lobby', kind: 'channel', seq: 2, epoch: 'e1', after: 2 });
  await settle();
  await answer({ events: [] });
  assert.equal(thread.failed, false);
});

test('Thread_WhenTheUserReplies_ShowsTheSendUntilItsEvent', async () => {
  const { s, conversation, answer, says } = await inLobby(event(1));
  const thread = new Thread(conversation, 1);
  await answer({ events: [] });
  conversation.room.send('mine', { reply: 1 });
  conversation.room.send('other', {});
  await settle();
  assert.deepEqual(thread.sends.map(({ command }) => command.text), ['mine']);
  assert.equal(threadItems(thread).at(-1).kind, 'send');

  await says(reply(2, 1, { from: 'ann', id: s.socket.last('send').id }));
  assert.deepEqual([thread.sends.length, shown(thread)], [0, [1, [2]]]);
});

test('Replies_WhenCounted_AreWords', () => {
  assert.deepEqual([0, 1, 2, 99].map(repliesText), ['No replies yet', '1 reply', '2 replies', '99 replies']);
  assert.equal(repliesText(100), '100+ replies');
});

test('Readers_WhenThereAreMore_SaysSo', () => {
  assert.equal(readersNote({ ref: 1, users: [] }), 'Nobody has read this message yet.');
  assert.equal(readersNote({ ref: 1, users: ['bob'] }), '');
  assert.equal(readersNote({ ref: 1, users: ['bob'], more: true }), 'The first 1 names:');
});
