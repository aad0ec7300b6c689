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
