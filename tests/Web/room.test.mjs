import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EPOCH, event, events as range, settle, stage } from './fakes.mjs';

const page = (socket, from, to, more) => socket.says({ t: 'page', id: socket.last('history').id, room: 'lobby', events: range(from, to), first: from, last: to, more });

test('Room_WhenAnEventArrivesTwice_DeliversItOnce', async () => {
  const s = stage();
  const { events } = await s.inLobby();
  s.socket.says(event(1), event(2), event(1), event(2), event(3));
  await s.again();
  await s.welcome();
  await s.joined('lobby', { seq: 4, after: 1 });
  s.socket.says(event(2), event(3), event(4));
  assert.deepEqual(events, [1, 2, 3, 4]);
});

test('Room_WhenAGapIsReported_FillsItBeforeLaterEvents', async () => {
  const s = stage();
  const { events, room } = await s.inLobby(10);
  const repairs = [];
  room.on('repairing', now => repairs.push(now));
  s.socket.says({ t: 'gap', room: 'lobby', from: 11, to: 130 }, event(131));
  assert.deepEqual(events, []);
  const asked = s.socket.last('history');
  assert.deepEqual([asked.after, asked.limit], [10, 100]);
  page(s.socket, 11, 110, true);
  await settle();
  assert.equal(s.socket.last('history').after, 110);
  s.socket.says(event(132));
  page(s.socket, 111, 131, false);
  await settle();
  assert.deepEqual(events, range(11, 132).map(each => each.seq));
  assert.deepEqual(repairs, [true, false]);
});

test('Room_WhenAGapIsNotReported_FillsItToo', async () => {
  const s = stage();
  const { events } = await s.inLobby(1);
  s.socket.says(event(4));
  page(s.socket, 2, 4, false);
  await settle();
  s.socket.says(event(5));
  assert.deepEqual(events, [2, 3, 4, 5]);
});

test('Room_WhenAGapIsTooWide_ReportsItAndContinues', async () => {
  const s = stage({ maxFill: 200 });
  const { events, room } = await s.inLobby(10);
  const gaps = [];
  room.on('gap', gap => gaps.push(gap));
  s.socket.says({ t: 'gap', room: 'lobby', from: 11, to: 5000 }, event(5001));
  assert.deepEqual(gaps, [{ from: 11, to: 5000 }]);
  assert.deepEqual(events, [5001]);
  assert.equal(s.socket.all('history').length, 0);
});

test('Room_WhenTheLogNoLongerHasEvents_ReportsTheGap', async () => {
  const s = stage();
  const { events, room } = await s.inLobby(10);
  const gaps = [];
  room.on('gap', gap => gaps.push(gap));
  s.socket.says({ t: 'gap', room: 'lobby', from: 11, to: 30 });
  page(s.socket, 25, 30, false);
  await settle();
  assert.deepEqual(gaps, [{ from: 11, to: 24 }]);
  assert.deepEqual(events, [25, 26, 27, 28, 29, 30]);
});

test('Room_WhenTheConnectionIsLostDuringARepair_ResumesFromItsCursor', async () => {
  const s = stage();
  const { events, room } = await s.inLobby(10);
  s.socket.says({ t: 'gap', room: 'lobby', from: 11, to: 210 }, event(211));
  page(s.socket, 11, 110, true);
  await settle();
  await s.again();
  await s.welcome();
  assert.equal(s.socket.last('hello').rooms.lobby.seq, 110);
  assert.equal(room.seq, 110);
  await s.joined('lobby', { seq: 211, after: 110 });
  s.socket.says(...range(111, 211));
  assert.deepEqual(events, range(11, 211).map(each => each.seq));
});

test('Room_WhenHistoryKeepsFailing_RetriesThenReportsTheGap', async () => {
  const s = stage();
  const { events, room } = await s.inLobby(0);
  const gaps = [];
  room.on('gap', gap => gaps.push(gap));
  s.socket.says(event(3));
  for (let tries = 1; tries <= 5; tries++) {
    assert.equal(s.socket.all('history').length, tries);
    s.socket.says({ t: 'err', id: s.socket.last('history').id, code: 'unavailable', message: 'not now', retry: 100 });
    await s.clock.advance(9000);
  }
  assert.deepEqual(gaps, [{ from: 1, to: 2 }]);
  assert.deepEqual(events, [3]);
});

test('Room_WhenARepairBuffersTooManyEvents_LosesNone', async () => {
  const s = stage();
  const { events } = await s.inLobby(0);
  s.socket.says(...range(2, 1500));
  for (let from = 1; from <= 1500; from += 100) {
    if (!s.socket.all('history').some(each => each.after === from - 1)) break;
    page(s.socket, from, Math.min(1500, from + 99), from + 99 < 1500);
    await settle();
  }
  assert.deepEqual(events, range(1, 1500).map(each => each.seq));
});

test('Room_WhenTheServerResetsIt_TakesTheNewCursor', async () => {
  const s = stage();
  const { events, room } = await s.inLobby(90);
  let resets = 0;
  room.on('reset', () => resets++);
  await s.again();
  await s.welcome();
  await s.joined('lobby', { seq: 2, after: 0, epoch: 'e2', reset: true });
  s.socket.says(event(1), event(2));
  assert.equal(resets, 1);
  assert.deepEqual(events, [1, 2]);
  assert.deepEqual(room.cursor, { seq: 2, epoch: 'e2' });
});

test('Room_WhenAResumeStartsAfterTheCursor_FillsTheGap', async () => {
  const s = stage();
  const { events } = await s.inLobby(10);
  await s.again();
  await s.welcome();
  await s.joined('lobby', { seq: 13, after: 13 });
  page(s.socket, 11, 13, false);
  await settle();
  assert.deepEqual(events, [11, 12, 13]);
});

test('Room_WhenMarkedRead_CountsUnreadAndMarksOncePerSecond', async () => {
  const s = stage();
  const { room } = await s.inLobby(0);
  s.socket.says(event(1), event(2, { from: 'ann' }), event(3, { kind: 'react', ref: 1, text: '+' }), event(4));
  assert.equal(room.unread, 2);
  room.markRead(1);
  room.markRead(4);
  assert.equal(room.unread, 0);
  await s.clock.advance(1000);
  assert.deepEqual(s.socket.all('mark').map(mark => mark.read), [4]);
});

test('Room_WhenAMarkArrives_CountsOnlyThisUsersMark', async () => {
  const s = stage();
  const { room } = await s.inLobby(0);
  s.socket.says(event(1), event(2));
  s.socket.says({ t: 'mark', room: 'lobby', user: 'bob', read: 2 });
  assert.equal(room.unread, 2);
  s.socket.says({ t: 'mark', room: 'lobby', user: 'ann', read: 2 });
  assert.equal(room.unread, 0);
});

test('Room_WhenTypingIsRepeated_SendsItOncePerThreeSeconds', async () => {
  const s = stage();
  const { room } = await s.inLobby(0);
  for (let step = 0; step < 7; step++) {
    room.typing();
    await s.clock.advance(1000);
  }
  assert.equal(s.socket.all('typing').length, 3);
});

test('Room_WhenLeft_IsNotResumedAndDropsEvents', async () => {
  const s = stage();
  const { room, events } = await s.inLobby(0);
  room.leave();
  assert.equal(s.socket.last('leave').room, 'lobby');
  s.socket.says(event(1));
  await s.again();
  await s.welcome();
  assert.deepEqual(events, []);
  assert.deepEqual(s.socket.last('hello').rooms, {});
});

test('Room_WhenAJoinIsRefused_RetriesOnlyTemporaryRefusals', async () => {
  const s = stage();
  const room = s.session.join('ops');
  const refusals = [];
  room.on('refused', error => refusals.push(error.code));
  s.session.connect();
  await s.welcome();
  s.socket.says({ t: 'err', id: s.socket.last('join').id, code: 'unavailable', message: '', retry: 3000 });
  await s.clock.advance(3000);
  assert.equal(s.socket.all('join').length, 2);
  s.socket.says({ t: 'err', id: s.socket.last('join').id, code: 'forbidden', message: 'no' });
  await s.clock.advance(60_000);
  assert.equal(s.socket.all('join').length, 2);
  assert.deepEqual(refusals, ['unavailable', 'forbidden']);
});

test('Room_WhenItIsDisplaced_ContinuesWhereItWas', async () => {
  const s = stage();
  const { events, room } = await s.inLobby(10);
  const left = [];
  room.on('left', frame => left.push(frame.reason));

  s.socket.says({ t: 'left', room: 'lobby', reason: 'displaced' });
  assert.deepEqual([left, room.attached, room.displaced], [['displaced'], false, true]);

  room.resume();
  const join = s.socket.last('join');
  assert.deepEqual([join.room, join.after, join.resume], ['lobby', 10, true]);
  s.socket.says({ t: 'joined', id: join.id, room: 'lobby', kind: 'channel', seq: 11, epoch: EPOCH, after: 10, read: 10, unread: 1, count: 2 }, event(11));
  assert.deepEqual([events, room.attached, room.displaced], [[11], true, false]);
});

test('Send_WhenTheRoomIsDisplaced_ResumesTheRoomFirst', async () => {
  const s = stage();
  const { room } = await s.inLobby(10);
  s.socket.says({ t: 'left', room: 'lobby', reason: 'displaced' });

  const send = room.send('hello?');
  assert.equal(s.socket.last('join').resume, true);
  assert.equal(s.socket.all('send').length, 0);
  s.socket.says({ t: 'joined', id: s.socket.last('join').id, room: 'lobby', kind: 'group', seq: 10, epoch: EPOCH, after: 10, read: 10, unread: 0, count: 2 });
  await settle();

  assert.equal(s.socket.last('send').id, send.id);
});

test('Room_WhenItIsDisplaced_TakesItsCountsFromTheList', async () => {
  const s = stage();
  const { room } = await s.inLobby(10);
  s.socket.says({ t: 'left', room: 'lobby', reason: 'displaced' });

  room.listed({ seq: 12, read: 10, unread: 2 });
  assert.deepEqual([room.head, room.unread], [12, 2]);
  room.listed({ seq: 11, read: 10, unread: 1 });
  assert.equal(room.unread, 2);
});

test('History_WhenItNamesAThread_ReadsTheReplies', async () => {
  const s = stage();
  const { room } = await s.inLobby(10);
  const reading = room.history({ thread: 3, after: 5, limit: 20 });
  const { thread, after, before, around, limit } = s.socket.last('history');
  assert.deepEqual([thread, after, before, around, limit], [3, 5, undefined, undefined, 20]);
  const reply = { ...event(8), reply: 3, replies: 2 };
  s.socket.says({ t: 'page', id: s.socket.last('history').id, room: 'lobby', events: [reply], first: 8, last: 8, more: true });
  const answer = await reading;
  assert.deepEqual([answer.events[0].replies, answer.more, room.seq], [2, true, 10]);
  room.history({ before: 4 }).catch(() => {});
  assert.equal('thread' in s.socket.last('history'), false);
});

test('Reports_WhenMadeListedAndDismissed_ResolveWithTheAnswers', async () => {
  const s = stage();
  const { room } = await s.inLobby(10);
  const reported = room.report(7, 'rude');
  const { id, t, ...report } = s.socket.last('report');
  assert.deepEqual(report, { room: 'lobby', ref: 7, text: 'rude' });
  s.socket.says({ t: 'ok', id, room: 'lobby' });
  assert.equal(await reported, undefined);

  const listing = room.reports({ limit: 5 });
  const list = s.socket.last('reports');
  assert.deepEqual([list.room, list.limit], ['lobby', 5]);
  s.socket.says({ t: 'reports', id: list.id, room: 'lobby', reports: [{ ref: 7, from: 'bob', user: 'ann', ts: 1 }], more: true });
  const { reports, more } = await listing;
  assert.deepEqual([reports[0].ref, more], [7, true]);

  const dismissed = room.dismiss(7);
  assert.equal(s.socket.last('dismiss').ref, 7);
  s.socket.says({ t: 'err', id: s.socket.last('dismiss').id, code: 'forbidden', message: 'no' });
  await assert.rejects(dismissed, { code: 'forbidden' });
});

test('Readers_WhenAsked_ResolveWithTheAnswerOrItsError', async () => {
  const s = stage();
  const { room } = await s.inLobby(10);
  const reading = room.readers(7);
  const { id, room: name, ref } = s.socket.last('readers');
  assert.deepEqual([name, ref], ['lobby', 7]);
  s.socket.says({ t: 'readers', id, room: 'lobby', ref: 7, users: ['bob'], more: true });
  const { users, more } = await reading;
  assert.deepEqual([users, more], [['bob'], true]);

  const refused = room.readers(8);
  s.socket.says({ t: 'err', id: s.socket.last('readers').id, code: 'forbidden', message: 'a channel has no members' });
  await assert.rejects(refused, { code: 'forbidden' });
});
