import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comesBack, REPLACED_MAX, replacedDelay, retryDelay, RETRY_MAX, RETRY_MIN } from '../../web/orleanschat.js';
import { event, EPOCH, stage } from './fakes.mjs';

test('Session_WhenItConnects_OffersTheSubprotocolAndItsUser', () => {
  const { session, sockets } = stage({ user: 'Zoë & co' });
  session.connect();
  assert.deepEqual(sockets[0].protocols, ['orleanschat.v1.json']);
  assert.equal(new URL(sockets[0].url).searchParams.get('user'), 'Zoë & co');
});

test('Session_WhenATokenIsGiven_SendsAFreshOneInEachHello', async () => {
  let count = 0;
  const s = stage({ user: undefined, token: async () => `token-${++count}` });
  s.session.connect();
  await s.welcome();
  assert.equal(s.socket.last('hello').token, 'token-1');
  await s.again(4003);
  await s.welcome();
  assert.equal(s.socket.last('hello').token, 'token-2');
  assert.ok(!s.sockets.some(socket => socket.url.includes('token')));
});

test('Session_WhenItReconnects_SendsEveryCursorWithItsEpoch', async () => {
  const s = stage();
  await s.inLobby(3);
  const ops = s.session.join('ops');
  await s.joined('ops', { seq: 9, after: 9, epoch: 'e7' });
  s.socket.says(event(4), event(5));
  assert.equal(ops.seq, 9);
  await s.again();
  assert.equal(s.sockets.length, 2);
  await s.welcome();
  assert.deepEqual(s.socket.last('hello').rooms, { lobby: { seq: 5, epoch: EPOCH }, ops: { seq: 9, epoch: 'e7' } });
  assert.equal(s.socket.all('join').length, 0, 'a resumed room is not joined again');
});

test('Session_WhenARoomHasNoCursor_JoinsItAfterTheWelcome', async () => {
  const s = stage();
  s.session.join('lobby', { last: 50 });
  s.session.connect();
  await s.welcome();
  assert.deepEqual(s.socket.last('hello').rooms, {});
  const { room, last } = s.socket.last('join');
  assert.deepEqual({ room, last }, { room: 'lobby', last: 50 });
});

test('Session_WhenAResumeIsNotAnswered_RequestsItFromTheCursor', async () => {
  const s = stage();
  await s.inLobby(7);
  await s.again();
  await s.welcome();
  await s.clock.advance(20_000);
  const { room, after, epoch, resume } = s.socket.last('join');
  assert.deepEqual({ room, after, epoch, resume }, { room: 'lobby', after: 7, epoch: EPOCH, resume: true });
});

test('Reconnect_WhenACloseCodeArrives_DecidesByTheCode', () => {
  for (const code of [1000, 1001, 1006, 1011, 1012, 4000, 4001, 4002, 4003, 4004, 4005]) assert.ok(comesBack(code), `reconnects after ${code}`);
  for (const code of [1002, 1007, 1009, 4500, 4501, 4502, 4503, 4504, 4999]) assert.ok(!comesBack(code), `does not reconnect after ${code}`);
});

for (const code of [1007, 1009, 4500, 4501, 4504]) {
  test(`Session_WhenClosedWith${code}_EndsAndReportsIt`, async () => {
    const s = stage();
    await s.inLobby();
    s.socket.ends(code, 'no more');
    await s.clock.advance(3_600_000);
    assert.equal(s.sockets.length, 1);
    assert.deepEqual(s.states.at(-1), { state: 'ended', code, reason: 'no more' });
  });
}

test('Session_WhenTheCloseFrameIsLost_UsesTheCodeOfTheBye', async () => {
  const s = stage();
  await s.inLobby();
  s.socket.says({ t: 'bye', code: 4502, reason: 'banned' });
  s.socket.ends(1006);
  await s.clock.advance(3_600_000);
  assert.equal(s.sockets.length, 1);
});

test('Session_WhenAByeNamesADelay_ReconnectsExactlyThen', async () => {
  const s = stage();
  await s.inLobby();
  s.socket.says({ t: 'bye', code: 4000, after: 7321, reason: 'drain' });
  s.socket.ends(4000);
  assert.equal(s.states.at(-1).retryAt, s.clock.now() + 7321);
  await s.clock.advance(7320);
  assert.equal(s.sockets.length, 1);
  await s.clock.advance(1);
  assert.equal(s.sockets.length, 2);
});

test('Session_WhenTheGatewayDrains_ResumesAndResendsAfterTheDelay', async () => {
  const s = stage();
  const { room } = await s.inLobby(3);
  s.socket.says(event(4));
  room.send('hello');
  await s.clock.advance(0);
  const { id } = s.socket.last('send');
  s.socket.says({ t: 'bye', code: 1012, after: 2500, reason: 'this gateway is going away' });
  s.socket.says(event(5));
  s.socket.ends(1012);
  assert.deepEqual(s.states.at(-1), { state: 'waiting', code: 1012, reason: 'this gateway is going away', retryAt: s.clock.now() + 2500 });
  await s.clock.advance(2499);
  assert.equal(s.sockets.length, 1);
  await s.clock.advance(1);
  await s.welcome();
  assert.deepEqual(s.socket.last('hello').rooms, { lobby: { seq: 5, epoch: EPOCH } });
  await s.joined('lobby', { seq: 5, after: 5 });
  assert.equal(s.socket.last('send').id, id);
});

test('Session_WhenAByeNamesDelayZero_ReconnectsAtOnceOnlyOnce', async () => {
  const s = stage();
  await s.inLobby();
  s.socket.says({ t: 'bye', code: 1012, after: 0, reason: 'this gateway is going away' });
  s.socket.ends(1012);
  await s.clock.advance(0);
  assert.equal(s.sockets.length, 2);
  s.socket.ends(1006);
  assert.ok(s.states.at(-1).retryAt - s.clock.now() >= RETRY_MIN);
});

test('Reconnect_WhenAttemptsFail_DrawsAJitteredDelayUpTo30s', () => {
  assert.equal(RETRY_MIN, 500);
  assert.equal(RETRY_MAX, 30_000);
  for (let attempt = 0; attempt < 64; attempt++) {
    const ceiling = Math.min(30_000, 1000 * 2 ** attempt);
    assert.equal(retryDelay(attempt, () => 0), 500);
    assert.ok(Math.abs(retryDelay(attempt, () => 1 - 1e-12) - ceiling) < 1);
    for (let draw = 0; draw < 50; draw++) {
      const delay = retryDelay(attempt, Math.random);
      assert.ok(delay >= 500 && delay <= ceiling, `attempt ${attempt}: ${delay}`);
    }
  }
});

test('Session_WhenConnectionsEndEarly_WaitsLongerUntilOneLasts', async () => {
  const s = stage({ random: () => 1 });
  const waits = [];
  s.session.on('state', ({ state, retryAt }) => { if (state === 'waiting') waits.push(retryAt - s.clock.now()); });
  await s.inLobby();
  for (let round = 0; round < 4; round++) {
    await s.again(1012);
    await s.welcome();
    await s.joined('lobby');
  }
  assert.deepEqual(waits.splice(0), [1000, 2000, 4000, 8000]);
  await s.clock.advance(60_000);
  s.socket.ends(1012);
  assert.deepEqual(waits, [1000]);
});

test('Session_WhenReplacedAgainAndAgain_WaitsEverLonger', async () => {
  const s = stage({ random: () => 0.5 });
  const waits = [];
  s.session.on('state', ({ state, retryAt }) => { if (state === 'waiting') waits.push(retryAt - s.clock.now()); });
  s.session.connect();
  await s.welcome();
  for (let round = 0; round < 9; round++) {
    // A connection that lasted 10 s resets the usual reconnect delay, but not the delay after code 4002.
    await s.clock.advance(60_000);
    s.socket.says({ t: 'bye', code: 4002, reason: 'a newer connection of this device took over' });
    s.socket.ends(4002);
    await s.clock.advance(waits.at(-1));
    await s.welcome();
  }
  assert.deepEqual(waits, [45_000, 90_000, 180_000, 360_000, 720_000, 1_440_000, 2_700_000, 2_700_000, 2_700_000]);
  for (let times = 0; times < 40; times++) {
    assert.ok(replacedDelay(times, () => 0) >= 30_000 && replacedDelay(times, () => 1) <= REPLACED_MAX);
  }
});

test('Session_WhenReplaced_SkipsTheDelayOnlyForThePerson', async () => {
  const s = stage({ random: () => 0.5 });
  await s.inLobby();
  s.socket.ends(4002);
  await s.session.check();
  assert.equal(s.sockets.length, 1, 'a wake does not mean that the other connection has ended');
  s.session.retryNow();
  assert.equal(s.sockets.length, 2);
  await s.welcome();
  s.socket.ends(4002);
  assert.equal(s.states.at(-1).retryAt, s.clock.now() + 45_000);
  await s.clock.advance(45_000);
  await s.welcome();
  s.socket.ends(1006);
  await s.session.check();
  assert.equal(s.sockets.length, 4);
});

test('Session_WhenNoWelcomeArrives_ReconnectsAfter15s', async () => {
  const s = stage();
  s.session.connect();
  s.socket.open();
  await s.clock.advance(15_000);
  assert.equal(s.states.at(-1).state, 'waiting');
  await s.clock.advance(1000);
  assert.equal(s.sockets.length, 2);
});

test('Session_WhenACheckGetsNoPong_DropsTheConnection', async () => {
  const s = stage();
  await s.inLobby();
  s.session.check();
  await s.clock.advance(5000);
  assert.equal(s.session.state, 'online');
  s.socket.alive = false;
  s.session.check();
  await s.clock.advance(5000);
  assert.equal(s.session.state, 'waiting');
});

test('Session_WhenALineIsNotJson_DropsOnlyThatLine', async () => {
  const s = stage();
  const { events } = await s.inLobby();
  const faults = [];
  s.session.on('fault', fault => faults.push(fault));
  s.socket.onmessage({ data: `{"t":"nonsense"}\n{oops\n${JSON.stringify(event(1))}\n` });
  assert.deepEqual(events, [1]);
  assert.equal(faults.length, 1);
});

test('Session_WhenAnUnrequestedJoinedArrives_OpensTheRoomAndResumesIt', async () => {
  const s = stage();
  await s.inLobby();
  const opened = [];
  s.session.on('room', room => opened.push(room));
  s.socket.says({ t: 'joined', room: '@bob', kind: 'direct', seq: 4, epoch: 'd', after: 3, read: 1, unread: 2, count: 2 });
  s.socket.says(event(4, { room: '@bob' }), event(5, { room: '@bob' }));
  assert.equal(opened[0].name, '@bob');
  assert.equal(opened[0].unread, 3, 'the server counted two, and one event arrived since');
  await s.again();
  await s.welcome();
  assert.deepEqual(s.socket.last('hello').rooms['@bob'], { seq: 5, epoch: 'd' });
});

test('Session_WhenARoomIsLeftDuringItsJoin_DoesNotOpenItAgain', async () => {
  const s = stage();
  const opened = [];
  s.session.on('room', room => opened.push(room.name));
  const room = s.session.join('ops');
  s.session.connect();
  await s.welcome();
  room.leave();
  await s.joined('ops');
  await s.joined('@bob', { id: s.socket.last('hello').id, kind: 'direct' });
  assert.deepEqual(opened, ['@bob']);
  assert.deepEqual([...s.session.rooms.keys()], ['@bob']);
});

test('Session_WhenClosed_DoesNotReconnect', async () => {
  const s = stage();
  await s.inLobby();
  s.session.close();
  await s.clock.advance(3_600_000);
  assert.equal(s.session.state, 'ended');
  assert.equal(s.sockets.length, 1);
});

test('Emitter_WhenAListenerThrows_ReportsItAndCallsTheOthers', async t => {
  const s = stage();
  const { room, events } = await s.inLobby();
  const reported = [];
  globalThis.reportError = error => reported.push(error.message);
  t.after(() => delete globalThis.reportError);
  const off = room.on('event', () => { throw new Error('a listener of the page'); });
  s.socket.says(event(1));
  off();
  s.socket.says(event(2));
  assert.deepEqual(reported, ['a listener of the page']);
  assert.deepEqual(events, [1, 2]);
});

test('Conversations_WhenListed_AreRequestedByPage', async () => {
  const s = stage();
  await s.inLobby();
  const first = s.session.conversations();
  const { id } = s.socket.last('conversations');
  s.socket.says({ t: 'conversations', id, rooms: [{ room: '@bob', kind: 'direct', seq: 3, ts: 9, read: 2, unread: 1 }], more: true });
  assert.equal((await first).rooms[0].room, '@bob');

  s.session.conversations({ before: { ts: 9, room: '@bob' }, limit: 20 });
  const { before, room, limit } = s.socket.last('conversations');
  assert.deepEqual({ before, room, limit }, { before: 9, room: '@bob', limit: 20 });
});

test('Blocks_WhenChangedAndListed_ResolveWithTheAnswers', async () => {
  const s = stage();
  await s.inLobby();
  const answers = { block: { t: 'ok' }, unblock: { t: 'ok' }, blocks: { t: 'blocks', users: ['bob', 'eve'] } };
  for (const [t, asked, expected] of [
    ['block', s.session.block('bob'), undefined], ['unblock', s.session.unblock('bob'), undefined],
    ['blocks', s.session.blocks(), ['bob', 'eve']],
  ]) {
    const { id, user } = s.socket.last(t);
    assert.equal(user, t === 'blocks' ? undefined : 'bob');
    s.socket.says({ ...answers[t], id });
    assert.deepEqual(await asked, expected);
  }

  const refused = s.session.block('ann');
  s.socket.says({ t: 'err', id: s.socket.last('block').id, code: 'bad_request', message: 'you cannot block yourself' });
  await assert.rejects(refused, { code: 'bad_request' });
});

test('Conversation_WhenSettingsChange_SendsThemAndReportsHints', async () => {
  const s = stage();
  await s.inLobby();
  const hints = [];
  s.session.on('conversation', ({ room }) => hints.push(room));
  const set = s.session.conversation('@bob', { pinned: true, muted: 0 });
  const { id, ...command } = s.socket.last('conversation');
  assert.deepEqual(command, { t: 'conversation', room: '@bob', pinned: true, muted: 0 });
  s.socket.says({ t: 'ok', id, room: '@bob' }, { t: 'conversation', room: '@cat' });
  await set;
  assert.deepEqual(hints, ['@cat']);

  s.session.conversations({ since: 'log.5' });
  assert.equal(s.socket.last('conversations').since, 'log.5');
});
