import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knownPeople, mentionable, mentionsIn, mentionsMe, namesIn, offered, typedName } from '../../web/page/mentions.js';
import { Timeline } from '../../web/page/timeline.js';
import { event, settle, stage } from './fakes.mjs';

const group = { name: 'team', kind: 'group', role: 'member', settings: null, mutedUntil: 0 };

const conversation = (room = {}, parts = {}) => ({
  room: { ...group, ...room }, me: 'ann', people: new Set(), members: { all: [] }, timeline: new Timeline(), ...parts,
});

test('Mentions_WhenAKnownNameFollowsAnAt_AreFound', () => {
  const people = ['bob', 'bob.smith', 'ann@x.org', 'Zoë', '李雷', '🦉'];
  const found = text => namesIn(text, people);
  assert.deepEqual(found('@bob, hi @bob'), ['bob']);
  assert.deepEqual(found('(@bob) @bob\'s @bob. @Zoe\u0308!'), ['bob', 'Zoë']);
  assert.deepEqual(found('@bob.smith and @ann@x.org'), ['bob.smith', 'ann@x.org']);
  assert.deepEqual(found('你好@李雷你来吗 @🦉🦉'), ['李雷', '🦉']);
  assert.deepEqual(found('ask bob, @Bob, @bobby, mail@bob, @bob.jones, @bob@y.org, @ bob, @'), []);
  assert.deepEqual(mentionsIn('hi @bob!', people), [{ index: 3, length: 4, name: 'bob' }]);
  assert.deepEqual(found(''), []);
});

test('Mentions_WhenATextHasMany_AreAtMostFifty', () => {
  const people = Array.from({ length: 60 }, (_, index) => `u${index}`);
  assert.deepEqual(namesIn(people.map(name => `@${name}`).join(' '), people), people.slice(0, 20));
});

test('Mentions_WhenATextIsHostile_AreFoundInTime', () => {
  const people = Array.from({ length: 1000 }, (_, index) => `${'a'.repeat(120)}${index}`);
  const began = performance.now();
  assert.deepEqual(namesIn('@'.repeat(4000), people), []);
  assert.deepEqual(namesIn(`@${'a'.repeat(120)}`.repeat(30), people), []);
  assert.ok(performance.now() - began < 2000);
});

test('Everyone_WhenTheUserMayModerate_IsAName', () => {
  const names = (room, now = 0) => mentionable(conversation(room), now).includes('@everyone');
  assert.deepEqual(['owner', 'moderator', 'member', 'invited', null].map(role => names({ role })), [true, true, false, false, false]);
  assert.equal(names({ role: 'owner', mutedUntil: 5 }), false);
  assert.equal(names({ kind: 'channel', role: 'owner' }), false);
  assert.deepEqual(namesIn('@everyone', ['everyone', '@everyone']), ['@everyone']);
  assert.deepEqual(namesIn('@everyone', ['everyone']), ['everyone']);
});

test('People_WhenARoomIsShown_AreMembersUsersAndAuthors', () => {
  const timeline = new Timeline();
  timeline.push(event(1, { from: 'eve' }));
  timeline.push(event(2, { from: '@system', kind: 'role' }));
  const members = { all: [{ user: 'bob', role: 'member' }, { user: 'joe', role: 'invited' }, { user: 'max', banned: 9 }] };
  const sorted = parts => [...knownPeople(parts)].sort();
  assert.deepEqual(sorted(conversation({}, { timeline, members, people: new Set(['kim']) })), ['ann', 'bob', 'eve', 'kim']);
  assert.deepEqual(sorted(conversation({}, { people: null })), ['ann']);
  assert.deepEqual(sorted(conversation({ name: '@bob', kind: 'direct' }, { timeline })), ['ann', 'bob']);
});

test('Names_WhenTheUserTypesAnAt_AreOffered', () => {
  assert.deepEqual(typedName('hi @bo', 6), { at: 3, typed: 'bo' });
  assert.deepEqual(typedName('@', 1), { at: 0, typed: '' });
  assert.deepEqual(typedName('@ann@x', 6), { at: 0, typed: 'ann@x' });
  for (const [text, caret] of [['', 0], ['@', 0], ['hi @bo b', 8], ['mail@bo', 7], ['bob', 3]]) assert.equal(typedName(text, caret), null, text);
  assert.deepEqual(offered('B', ['eve', 'abe', 'bob', '@everyone']), ['bob', 'abe']);
  assert.deepEqual(offered('ev', ['@everyone', 'steve']), ['@everyone', 'steve']);
  assert.equal(offered('', Array.from({ length: 99 }, (_, index) => `u${index}`)).length, 20);
});

test('Message_WhenItMentionsTheUserOrEveryone_SaysSo', () => {
  assert.deepEqual([['ann'], ['@everyone'], ['bob'], [], undefined].map(names => mentionsMe(names, 'ann')), [true, true, false, false, false]);
});

test('Message_WhenDeleted_MentionsNobody', () => {
  const timeline = new Timeline();
  timeline.push(event(1, { mentions: ['ann'] }));
  assert.deepEqual(timeline.entries()[0].mentions, ['ann']);
  timeline.push(event(2, { kind: 'delete', text: undefined, ref: 1 }));
  assert.equal(timeline.entries()[0].mentions, undefined);
});

test('Send_WhenItHasMentions_CarriesThem', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  room.send('@bob hi', { mentions: ['bob'] });
  await settle();
  const { id } = s.socket.last('send');
  assert.deepEqual(s.socket.last('send'), { t: 'send', id, room: 'lobby', text: '@bob hi', mentions: ['bob'] });
  s.socket.says({ t: 'ok', id, room: 'lobby', seq: 1, ts: 1 });
  await settle();
  room.send('hi', { mentions: [] });
  await settle();
  assert.equal('mentions' in s.socket.last('send'), false);
});
