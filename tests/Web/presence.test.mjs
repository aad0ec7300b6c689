import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conversation } from '../../web/page/conversation.js';
import { settle, stage } from './fakes.mjs';

/** Returns a conversation that has sent the command `who` and has no answer yet. */
async function asking() {
  const s = stage();
  const { room } = await s.inLobby();
  const conversation = new Conversation(room, 'ann');
  conversation.show(true);
  const answer = async (...users) => {
    s.socket.says({ t: 'who', id: s.socket.last('who').id, room: 'lobby', count: users.length, users });
    await settle();
  };
  const presence = (user, online, count) => s.socket.says({ t: 'presence', room: 'lobby', user, online, count });
  return { room, conversation, answer, presence };
}

test('Conversation_WhenAUserArrivesBeforeAnOlderWhoAnswer_ListsTheUser', async () => {
  const { room, conversation, answer, presence } = await asking();

  presence('bob', true, 2);
  await answer('ann');

  assert.deepEqual([...conversation.people].sort(), ['ann', 'bob']);
  assert.equal(room.count, 2);
});

test('Conversation_WhenAUserGoesBeforeAnOlderWhoAnswer_RemovesTheUser', async () => {
  const { room, conversation, answer, presence } = await asking();

  presence('bob', false, 1);
  await answer('ann', 'bob');

  assert.deepEqual([...conversation.people], ['ann']);
  assert.equal(room.count, 1);
});

test('Conversation_WhenPresenceIsOlderThanTheQuestion_UsesTheAnswer', async () => {
  const { room, conversation, answer, presence } = await asking();
  await answer('ann', 'bob');
  presence('eve', true, 3);

  conversation.askWho();
  await settle();
  await answer('ann');

  assert.deepEqual([...conversation.people], ['ann']);
  assert.equal(room.count, 1);
});
