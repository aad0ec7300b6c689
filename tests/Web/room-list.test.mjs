import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FOREVER } from '../../web/orleanschat.js';
import { actionsOf, changesOf, RoomActions } from '../../web/page/room-actions.js';
import { ConversationList } from '../../web/page/listing.js';
import { RoomList } from '../../web/page/room-list.js';
import { lastLine, ROW_LABELS } from '../../web/page/room-text.js';
import { settle } from './fakes.mjs';

const NOW = 1000;

/** Removes the Unicode isolate characters, which enclose names, from a text. */
const plain = text => text.replace(/[\u2068\u2069]/g, '');

const message = (seq, ts, text = 'hello') => ({ seq, ts, from: 'bob', kind: 'msg', text });

const listed = (room, parts = {}) =>
  ({ room, kind: room.startsWith('@') ? 'direct' : 'group', seq: 5, ts: 100, read: 3, unread: 2, role: room.startsWith('@') ? undefined : 'member', ...parts });

/** A conversation that the page has open. */
const open = (name, parts = {}, last = null) =>
  ({ last, room: { name, kind: 'channel', title: null, unread: 0, head: 5, attached: true, refusal: null, ...parts } });

const names = rows => Object.fromEntries(Object.entries(rows).map(([key, some]) => [key, some.map(({ name }) => name)]));

test('RoomList_WhenTheServerListsConversations_GroupsThem', () => {
  const list = new RoomList();
  list.listed([
    listed('team', { ts: 50 }), listed('@bob', { ts: 70 }), listed('old', { archived: true }), listed('news', { kind: 'channel', followed: true, ts: 90 }),
    listed('top', { pinned: true, ts: 10 }), listed('later', { pinned: true, ts: 20 }), listed('party', { role: 'invited' }),
  ], true);

  const rows = list.rows([], NOW);

  assert.deepEqual(names(rows), { pinned: ['later', 'top'], rooms: ['news', 'team'], direct: ['@bob'], archived: ['old'] });
  const { unread, muted, followed, exists } = rows.rooms[0];
  assert.deepEqual([unread, muted, followed, exists], [2, false, true, true]);
});

test('RoomList_WhenARoomIsOpen_ShowsTheLiveState', () => {
  const list = new RoomList();
  list.listed([listed('team', { title: 'Old', last: message(5, 100), muted: FOREVER })], true);

  const { rooms } = list.rows([open('team', { kind: 'group', title: 'New', unread: 7 }, message(6, 200, 'newer')), open('lobby', {}, message(3, 150))], NOW);

  assert.deepEqual(rooms.map(({ name, title, unread, muted, last }) => [name, title, unread, muted, last.text]),
    [['team', 'New', 7, true, 'newer'], ['lobby', null, 0, false, 'hello']]);
});

test('RoomList_WhenARoomHasMentions_ShowsTheirNumber', () => {
  const list = new RoomList();
  list.listed([listed('team', { mentions: 2 }), listed('plans', { mentions: 1 }), listed('news')], true);

  const { rooms } = list.rows([open('team', { kind: 'group', unread: 5, mentions: 3 })], NOW);

  assert.deepEqual(rooms.map(({ name, mentions }) => [name, mentions]), [['team', 3], ['plans', 1], ['news', 0]]);
});

test('RoomList_WhenAMuteHasEnded_ShowsNoMute', () => {
  const list = new RoomList();
  list.listed([listed('team', { muted: NOW }), listed('plans', { muted: NOW + 1 })], true);

  assert.deepEqual(list.rows([], NOW).rooms.map(({ name, muted }) => [name, muted]), [['team', false], ['plans', true]]);
});

test('RoomList_WhenTheWholeListIsRead_DropsTheOthers', () => {
  const list = new RoomList();
  list.listed([listed('team'), listed('plans')], true);
  list.listed([listed('work')], false);
  assert.deepEqual(names(list.rows([], NOW)).rooms, ['team', 'plans', 'work']);

  list.listed([listed('work')], true);

  assert.deepEqual(names(list.rows([], NOW)).rooms, ['work']);
});

test('RoomList_WhenARoomIsHidden_ShowsItAgainAtItsNextEvent', () => {
  const list = new RoomList();
  const team = open('team', { kind: 'group', head: 8 });
  list.listed([listed('team')], true);

  list.changed(team.room, { hidden: true });
  assert.deepEqual(names(list.rows([team], NOW)).rooms, []);
  assert.ok(list.isHidden('team', 8));
  team.room.head = 9;

  assert.deepEqual(names(list.rows([team], NOW)).rooms, ['team']);
});

test('RoomList_WhenAnotherDeviceHidesARoom_HidesItHere', () => {
  const list = new RoomList();
  const [team, news] = [open('team', { kind: 'group', head: 8 }), open('news')];
  list.listed([listed('team'), listed('news', { kind: 'channel', followed: true })], true);

  list.listed([], true, () => 8);
  assert.deepEqual(names(list.rows([team, news], NOW)).rooms, ['news'], 'a channel stays while it is open here');
  list.listed([listed('team', { seq: 9 })], true);

  assert.deepEqual(names(list.rows([team], NOW)).rooms, ['team']);
});

test('RoomList_WhenTheServerRemovesRooms_HidesThem', () => {
  const list = new RoomList();
  list.listed([listed('team'), listed('news', { kind: 'channel', followed: true })], true);

  list.removed(['team', 'news', 'unknown'], () => 5);

  assert.deepEqual(names(list.rows([open('team', { kind: 'group' }), open('news')], NOW)).rooms, ['news']);
});

test('ConversationList_WhenReadAgain_ReadsOnlyTheChanges', async () => {
  const [asked, done] = [[], []];
  const answers = [
    { rooms: [listed('team')], more: true, cursor: 'c1' }, { rooms: [listed('plans')] },
    { rooms: [listed('@bob')], removed: ['team'], cursor: 'c2' },
    { rooms: [listed('work')], reset: true, cursor: 'c3' },
  ];
  let later;
  const list = new ConversationList({
    read: async query => {
      asked.push(query.since ?? query.before?.room ?? '');
      return answers.shift();
    },
    found() {},
    done: (entries, whole, removed) => done.push([entries.map(({ room }) => room).join(' '), whole, removed.join(' ')]),
    later: callback => { later = callback; },
  });

  for (let read = 0; read < 3; read++) {
    list.refresh();
    await settle();
    later();
  }

  assert.deepEqual(asked, ['', 'team', 'c1', 'c2']);
  assert.deepEqual(done, [['team plans', true, ''], ['@bob', false, 'team'], ['work', true, '']]);
});

test('RoomList_WhenTheUserLeftARoom_IgnoresAnOlderRead', () => {
  const list = new RoomList();
  list.left('team');
  list.listed([listed('team')], true);
  assert.deepEqual(names(list.rows([], NOW)).rooms, []);

  list.connected();
  list.listed([listed('team')], true);

  assert.deepEqual(names(list.rows([], NOW)).rooms, ['team']);
});

test('RowActions_WhenARowIsShown_FitItsRoom', () => {
  const of = row => actionsOf({ kind: 'group', exists: true, ...row }).join(' ');
  assert.equal(of({}), 'pin mute archive hide');
  assert.equal(of({ pinned: true, muted: true, archived: true }), 'unpin unmute unarchive hide');
  assert.equal(of({ kind: 'channel' }), 'pin mute archive follow leave');
  assert.equal(of({ kind: 'channel', followed: true }), 'pin mute archive unfollow leave');
  assert.equal(of({ exists: false }), 'close');
  for (const action of 'pin unpin mute unmute archive unarchive follow unfollow hide leave close'.split(' ')) assert.ok(ROW_LABELS[action], action);
});

test('RowActions_WhenTheChannelIsNotFollowed_FollowItToo', () => {
  const channel = { kind: 'channel', followed: false };
  assert.deepEqual(changesOf('pin', channel), { pinned: true, followed: true });
  assert.deepEqual(changesOf('unpin', channel), { pinned: false });
  assert.deepEqual(changesOf('mute', { kind: 'group' }, 7), { muted: 7 });
  assert.deepEqual(changesOf('mute', { kind: 'group' }), { muted: FOREVER });
  assert.deepEqual([changesOf('leave', channel), changesOf('leave', { ...channel, followed: true })], [null, { followed: false }]);
  assert.equal(changesOf('close', channel), null);
});

test('RoomActions_WhenTheServerRefuses_SayWhatWasNotDone', async () => {
  const list = new RoomList();
  const [notices, dropped, sent] = [[], [], []];
  list.listed([listed('team', { title: 'Plans' })], true);
  const actions = new RoomActions({
    me: 'ann', list, conversation: () => undefined, hidden() {}, changed() {}, drop: name => dropped.push(name), notice: text => notices.push(plain(text)),
    session: {
      conversation: async (room, changes) => {
        sent.push([room, changes]);
        if (changes.archived) throw new Error('try later');
      },
    },
  });
  const row = () => list.rows([], NOW).rooms.concat(list.rows([], NOW).pinned)[0];

  await actions.act('archive', row());
  await actions.act('pin', row());
  await actions.act('close', row());

  assert.deepEqual(sent, [['team', { archived: true }], ['team', { pinned: true }]]);
  assert.deepEqual(notices, ['Plans was not archived: try later']);
  assert.deepEqual([row().archived, row().pinned, dropped], [false, true, ['team']]);
});

test('LastLine_WhenARoomHasEvents_ShowsTheNewestOne', () => {
  const line = (event, room = 'team') => plain(lastLine({ from: 'bob', ...event }, room, 'ann'));
  assert.equal(line({ kind: 'msg', text: '<b>hi</b>' }), 'bob: <b>hi</b>');
  assert.equal(line({ kind: 'msg', text: 'hi', from: 'ann' }), 'You: hi');
  assert.equal(line({ kind: 'msg', text: 'hi' }, '@bob'), 'hi');
  assert.equal(lastLine(message(1, 1, 'a\n\u202Eb\u2069'), 'team', 'ann'), '\u2068bob\u2069: \u2068a b\u2069', 'the text cannot change the line around it');
  assert.equal(line({ kind: 'msg', text: '🦉'.repeat(300) }), `bob: ${'🦉'.repeat(200)}`);
  assert.equal(line({ kind: 'msg' }), 'Message deleted');
  assert.equal(line({ kind: 'delete' }), 'bob deleted a message');
  assert.equal(line({ kind: 'react', text: '👍' }), 'bob reacted with 👍');
  assert.equal(line({ kind: 'kick', user: 'ann' }), 'bob removed you');
  assert.equal(line({ kind: 'later' }), '');
  assert.equal(lastLine(null, 'team', 'ann'), '');
});
