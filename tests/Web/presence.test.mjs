import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conversation } from '../../web/page/conversation.js';
import { settle, stage } from './fakes.mjs';

/** Returns a conversation that has sent the command `who` and has no answer yet. */
async function asking(name = 'lobby') {
  const s = stage();
  const room = s.session.join(name);
  s.session.connect();
  await s.welcome();
  await s.joined(name);
  const conversation = new Conversation(room, 'ann');
  conversation.show(true);
  const answer = async (...users) => {
    s.socket.says({ t: 'who', id: s.socket.last('who').id, room: name, count: users.length, users });
    await settle();
  };
  const presence = (user, online, count) => s.socket.says({ t: 'presence', room: name, user, online, count });
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

test('Conversation_WhenTheServerHasNotNamedThePeer_KnowsNoPresence', async () => {
  const { conversation, answer, presence } = await asking('@bob');
  presence('ann', true, 1);
  await answer('ann');
  assert.equal(conversation.knowsPresence, false);

  presence('bob', true, 2);
  presence('ann', true, 2);
  assert.equal(conversation.knowsPresence, true);
  assert.deepEqual([...conversation.people].sort(), ['ann', 'bob']);

  presence('bob', false, 1);
  assert.equal(conversation.knowsPresence, true);
  assert.deepEqual([...conversation.people], ['ann']);
});

test('Conversation_WhenWhoNamesThePeer_KnowsThePresence', async () => {
  const { conversation, answer } = await asking('@bob');

  await answer('ann', 'bob');

  assert.equal(conversation.knowsPresence, true);
});

test('Conversation_WhenItHasNoPeer_KnowsThePresence', async () => {
  for (const name of ['@ann', 'lobby']) {
    const { conversation, answer } = await asking(name);

    await answer('ann');

    assert.equal(conversation.knowsPresence, true);
  }
});
