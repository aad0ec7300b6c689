import assert from 'node:assert/strict';
import { test } from 'node:test';
import { event, settle, stage } from './fakes.mjs';

async function inLobby(joined) {
  const s = stage();
  const room = s.session.join('lobby');
  s.session.connect();
  await s.welcome();
  await s.joined('lobby', joined);
  return { ...s, room, socket: s.socket };
}

test('Room_WhenAnotherDeviceMarksAmongUnread_LowersTheCount', async () => {
  const { socket, room } = await inLobby({ seq: 100, after: 100, read: 0, unread: 100 });
  socket.says(event(101), { t: 'mark', room: 'lobby', user: 'ann', read: 90 });
  await settle();
  assert.equal(room.unread, 11);
  socket.says({ t: 'mark', room: 'lobby', user: 'ann', read: 101 });
  assert.equal(room.unread, 0);
});

test('Room_WhenTheServerCountsFewerUnread_UsesItsCount', async () => {
  const s = await inLobby({ seq: 1, after: 1, read: 1, unread: 0 });
  s.socket.says(event(2), event(3));
  assert.equal(s.room.unread, 2);
  await s.joined('lobby', { seq: 3, after: 3, read: 2, unread: 1 });
  assert.equal(s.room.unread, 1);
});

test('Room_WhenMessagesMentionTheUser_CountsThem', async () => {
  const s = await inLobby({ seq: 10, after: 10, read: 4, unread: 5, mentions: 2 });
  s.socket.says(
    event(11, { mentions: ['eve', 'ann'] }), event(12, { mentions: ['@everyone'] }), event(13, { mentions: ['eve'] }),
    event(14, { from: 'ann', mentions: ['ann', '@everyone'] }));
  assert.deepEqual([s.room.unread, s.room.mentions], [8, 4]);

  s.socket.says({ t: 'mark', room: 'lobby', user: 'ann', read: 11 });
  assert.deepEqual([s.room.unread, s.room.mentions], [2, 1]);
  s.socket.says({ t: 'mark', room: 'lobby', user: 'ann', read: 14 });
  assert.deepEqual([s.room.unread, s.room.mentions], [0, 0]);
});

test('Room_WhenAMessageIsDeleted_NoLongerCountsIt', async () => {
  const s = await inLobby({ seq: 10, after: 10, read: 8, unread: 1, mentions: 1 });
  s.socket.says(event(11, { mentions: ['ann'] }), event(12), event(13, { text: undefined }), event(14, { kind: 'delete', text: undefined, ref: 11 }));
  assert.deepEqual([s.room.unread, s.room.mentions], [2, 1]);

  // The server counted the message 9. The user has read the message 8, and the own message 10 was not counted.
  s.socket.says(
    event(15, { kind: 'delete', text: undefined, ref: 8 }), event(16, { kind: 'delete', text: undefined, ref: 10, from: 'ann' }));
  assert.deepEqual([s.room.unread, s.room.mentions], [2, 1]);
  s.socket.says(event(17, { kind: 'delete', text: undefined, ref: 9 }));
  assert.deepEqual([s.room.unread, s.room.mentions], [1, 0]);
});

test('Room_WhenADeletionIsReplayed_IsNotCountedTwice', async () => {
  const { socket, room } = await inLobby({ seq: 12, after: 10, read: 8, unread: 1 });
  socket.says(event(11, { kind: 'delete', text: undefined, ref: 9 }), event(12));
  await settle();
  assert.equal(room.unread, 1);
});

test('Room_WhenItIsListed_TakesTheMentions', async () => {
  const { socket, room } = await inLobby({ seq: 10, after: 10, read: 10, unread: 0 });
  socket.says({ t: 'left', room: 'lobby', reason: 'displaced' });

  room.listed({ room: 'lobby', seq: 12, read: 10, unread: 2, mentions: 1 });

  assert.deepEqual([room.unread, room.mentions], [2, 1]);
});
