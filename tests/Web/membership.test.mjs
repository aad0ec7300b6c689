import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryOf } from '../../web/page/entry.js';
import { EPOCH, event, settle, stage } from './fakes.mjs';

const refuses = (socket, room, code, retry) => socket.says({ t: 'err', room, code, message: code, retry });

/** Returns a session that is online and a member of the group `team`, with the cursor at 3. */
async function inTeam() {
  const s = stage();
  const room = s.session.join('team', { last: 50 });
  const refusals = [];
  room.on('refused', error => refusals.push(error.code));
  s.session.connect();
  await s.welcome();
  await s.joined('team', { kind: 'group', seq: 3, after: 3 });
  return { s, room, refusals };
}

const joinsOf = s => s.sockets.flatMap(socket => socket.all('join')).filter(join => join.resume !== true);

test('Room_WhenItsOwnLeaveEventArrives_IsRefusedAndNotResumed', async () => {
  const { s, room, refusals } = await inTeam();
  s.socket.says(event(4, { room: 'team', kind: 'leave', from: 'ann', text: undefined }));
  assert.equal(room.refusal.code, 'not_member');
  await s.again();
  await s.welcome();
  await s.clock.advance(120_000);
  assert.deepEqual(s.socket.last('hello').rooms, {});
  assert.deepEqual(refusals, ['not_member']);
  assert.equal(s.socket.all('join').length, 0);
});

test('Room_WhenItsResumeIsRefused_StaysRefusedAndIsNotJoined', async () => {
  const { s, room, refusals } = await inTeam();
  await s.again();
  await s.welcome();
  refuses(s.socket, 'team', 'not_member');
  await s.clock.advance(120_000);
  assert.deepEqual(refusals, ['not_member']);
  assert.equal(room.attached, false);
  assert.equal(s.socket.all('join').length, 0);
  await s.again();
  await s.welcome();
  assert.deepEqual(s.socket.last('hello').rooms, {}, 'a refused room is not resumed again');
});

test('Sends_WhenTheUserIsNoLongerAMember_FailAndDoNotJoin', async () => {
  const { s, room } = await inTeam();
  const send = room.send('hello');
  s.socket.says({ t: 'err', id: send.id, code: 'not_member', message: 'join team first' });
  await settle();
  const resume = s.socket.all('join').at(-1);
  assert.deepEqual([resume.room, resume.resume, resume.after, resume.epoch], ['team', true, 3, EPOCH]);
  s.socket.says({ t: 'err', id: resume.id, code: 'not_member', message: 'You are not a member.' });
  await assert.rejects(send.done, { code: 'not_member', message: 'You are not a member.' });
  const later = room.send('still there?');
  assert.equal(later.status, 'failed');
  await assert.rejects(later.done, { code: 'not_member' });
  room.retry(later);
  assert.equal(later.status, 'failed', 'no send waits in a room that the server refused');
  assert.equal(joinsOf(s).length, 1);
});

test('Room_WhenTheUserEntersItAgain_IsJoinedAndSends', async () => {
  const { s, room } = await inTeam();
  refuses(s.socket, 'team', 'not_member');
  const failed = room.send('hello');
  s.session.join('team', { kind: 'group' });
  const join = s.socket.last('join');
  assert.deepEqual([join.room, join.kind, join.resume, join.after], ['team', 'group', undefined, 3]);
  await s.joined('team', { kind: 'group', seq: 6, after: 3 });
  assert.equal(room.refusal, null);
  room.retry(failed);
  assert.equal(s.socket.last('send').id, failed.id);
});

test('Room_WhenTheUserEntersItOffline_IsJoinedOnTheNextConnection', async () => {
  const { s } = await inTeam();
  refuses(s.socket, 'team', 'not_member');
  s.socket.ends(1006);
  s.session.join('team');
  await s.clock.advance(1000);
  await s.welcome();
  assert.deepEqual(s.socket.last('hello').rooms, {});
  assert.deepEqual([s.socket.last('join').room, s.socket.last('join').resume], ['team', undefined]);
});

test('Room_WhenItWasFull_IsResumedOnTheNextConnection', async () => {
  const { s, room } = await inTeam();
  refuses(s.socket, 'team', 'room_full');
  assert.equal(room.refusal.code, 'room_full');
  await s.again();
  await s.welcome();
  assert.equal(room.refusal, null);
  assert.deepEqual([s.socket.last('join').room, s.socket.last('join').resume], ['team', true]);
});

test('Room_WhenItsResumeIsRefusedTemporarily_ResumesAgain', async () => {
  const { s, room } = await inTeam();
  await s.again();
  await s.welcome();
  refuses(s.socket, 'team', 'unavailable', 3000);
  await s.clock.advance(3000);
  const { after, resume } = s.socket.last('join');
  assert.deepEqual([after, resume, s.socket.all('join').length], [3, true, 1]);
  s.socket.says({ t: 'joined', id: s.socket.last('join').id, room: 'team', kind: 'group', seq: 3, epoch: EPOCH, after: 3, read: 0, unread: 0, count: 1 });
  assert.equal(room.attached, true);
});

test('Room_WhenTheEndOfAnEarlierMembershipIsReplayed_StaysAttached', async () => {
  const { s, room } = await inTeam();
  await s.again();
  await s.welcome();
  s.socket.says({ t: 'joined', room: 'team', kind: 'group', seq: 5, epoch: EPOCH, after: 3, read: 0, unread: 0, count: 1 },
    event(4, { room: 'team', kind: 'leave', from: 'ann' }), event(5, { room: 'team', kind: 'join', from: 'ann' }));
  assert.equal(room.refusal, null);
  assert.equal(room.attached, true);
});

test('Room_WhenAChannelIsGone_IsJoinedOnceMoreAsAChannel', async () => {
  const s = stage();
  const { room } = await s.inLobby(7);
  await s.again();
  await s.welcome();
  refuses(s.socket, 'lobby', 'not_found');
  const join = s.socket.last('join');
  assert.deepEqual([join.room, join.kind, join.resume], ['lobby', 'channel', undefined]);
  s.socket.says({ t: 'err', id: join.id, code: 'not_found', message: 'no' });
  await s.clock.advance(60_000);
  assert.equal(s.socket.all('join').length, 1, 'a join that the server refuses with not_found is not repeated');
  assert.equal(room.refusal.code, 'not_found');
});

test('Room_WhenAGroupIsGone_IsNotJoined', async () => {
  const { s, room } = await inTeam();
  await s.again();
  await s.welcome();
  refuses(s.socket, 'team', 'not_found');
  await s.clock.advance(60_000);
  assert.equal(s.socket.all('join').length, 0);
  assert.equal(room.refusal.code, 'not_found');
});

test('Room_WhenADirectConversationIsGone_IsCreatedByTheFirstMessage', async () => {
  const s = stage();
  const room = s.session.join('@bob');
  s.session.connect();
  await s.welcome();
  await s.joined('@bob', { kind: 'direct', seq: 4, after: 4 });
  await s.again();
  await s.welcome();
  refuses(s.socket, '@bob', 'not_found');
  await s.clock.advance(60_000);
  assert.equal(s.socket.all('join').length, 0);
  const send = room.send('hello again');
  assert.equal(s.socket.last('send').id, send.id);
  s.socket.says({ t: 'joined', room: '@bob', kind: 'direct', seq: 1, epoch: 'e2', after: 0, read: 0, unread: 1, count: 2 },
    event(1, { room: '@bob', from: 'ann', id: send.id }));
  await send.done;
  assert.deepEqual([room.attached, room.seq, room.refusal], [true, 1, null]);
});

test('Room_WhenAnEmptyDirectConversationGetsAnEpoch_IsNotReset', async () => {
  const s = stage();
  const room = s.session.join('@bob');
  let resets = 0;
  room.on('reset', () => resets++);
  s.session.connect();
  await s.welcome();
  await s.joined('@bob', { kind: 'direct', epoch: '0' });
  await s.again();
  await s.welcome();
  assert.deepEqual(s.socket.last('hello').rooms['@bob'], { seq: 0, epoch: '0' });
  s.socket.says({ t: 'joined', room: '@bob', kind: 'direct', seq: 1, epoch: 'e1', after: 0, read: 0, unread: 1, count: 2 }, event(1, { room: '@bob' }));
  assert.deepEqual([resets, room.seq, room.epoch], [0, 1, 'e1']);
});

test('Session_WhenARememberedRoomIsResumed_DoesNotJoin', async () => {
  const s = stage();
  const room = s.session.resume('team', { last: 50 });
  s.session.connect();
  await s.welcome();
  const { last, resume } = s.socket.last('join');
  assert.deepEqual([last, resume], [50, true]);
  s.socket.says({ t: 'err', id: s.socket.last('join').id, code: 'not_found', message: 'no' });
  await s.clock.advance(60_000);
  assert.equal(room.refusal.code, 'not_found', 'only a room that the application joined is joined again');
  assert.equal(joinsOf(s).length, 0);
});

test('Room_WhenLeftBeforeItsResumeIsAnswered_StaysLeft', async () => {
  const { s, room } = await inTeam();
  const opened = [];
  s.session.on('room', each => opened.push(each.name));
  await s.again();
  await s.welcome();
  room.leave();
  const joined = { t: 'joined', room: 'team', kind: 'group', seq: 3, epoch: EPOCH, after: 3, read: 0, unread: 0, count: 1 };
  s.socket.says(joined, { t: 'ok', id: s.socket.last('leave').id, room: 'team' });
  await settle();
  assert.deepEqual(opened, []);
  s.socket.says({ ...joined, seq: 4, after: 3 });
  assert.deepEqual(opened, ['team'], 'a later joined means that a new event opened the room');
});

test('Room_WhenAMembershipEnds_ReportsWhetherTheServerDidIt', async () => {
  const { s, room } = await inTeam();
  s.socket.ends(1006);
  await assert.rejects(room.leave({ membership: false }), { code: 'offline' });
  assert.equal(s.session.rooms.get('team'), room, 'the room stays if the membership did not end');
  await s.clock.advance(1000);
  await s.welcome();
  const left = room.leave({ membership: false });
  const { id, member } = s.socket.last('leave');
  assert.equal(member, false);
  s.socket.says({ t: 'ok', id, room: 'team' });
  await left;
  assert.equal(s.session.rooms.size, 0);
});

test('Entry_WhenARoomIsRefused_SaysWhatTheButtonDoes', () => {
  const entry = (name, code, kind = null) => entryOf({ name, kind, refusal: code && { code, message: 'Words.' } });
  assert.equal(entry('team', null), null);
  assert.deepEqual([entry('team', 'not_member').button, entry('team', 'not_member').kind], ['Join team', 'group']);
  assert.equal(entry('team', 'conflict').kind, 'group');
  assert.equal(entry('team', 'not_found', 'group').button, 'Create team');
  assert.equal(entry('lobby', 'not_found', 'channel').button, undefined);
  assert.equal(entry('@bob', 'not_found', 'direct'), null);
  assert.match(entry('lobby', 'forbidden').text, /Words\./);
});
