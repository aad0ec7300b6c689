import assert from 'node:assert/strict';
import { test } from 'node:test';
import { event, settle, stage } from './fakes.mjs';

const ok = (socket, seq, parts = {}) => socket.says({ t: 'ok', id: socket.last('send').id, room: 'lobby', seq, ts: 5, ...parts });
const err = (socket, code, retry) => socket.says({ t: 'err', id: socket.last('send').id, code, message: code, ...(retry === undefined ? {} : { retry }) });

test('Sends_WhenAdded_ArePendingUntilTheOk', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  const send = room.send('hello');
  assert.equal(send.status, 'pending');
  assert.deepEqual(room.sends.map(each => each.id), [send.id]);
  ok(s.socket, 1);
  assert.deepEqual(await send.done, { id: send.id, seq: 1, ts: 5 });
  assert.equal(send.status, 'stored');
});

test('Sends_WhenUnansweredAtAReconnect_AreResentWithTheirIdsAfterTheResume', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  const send = room.send('hello');
  const first = s.socket.last('send');
  await s.again();
  await s.welcome();
  assert.equal(s.socket.all('send').length, 0, 'no send before the room is resumed');
  await s.joined('lobby');
  assert.deepEqual(s.socket.all('send'), [first]);
  ok(s.socket, 1, { dup: true });
  await send.done;
});

test('Sends_WhenWrittenOffline_AreSentInOrder', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  s.socket.ends(1006);
  room.send('one');
  room.send('two');
  await s.clock.advance(30_000);
  await s.welcome();
  await s.joined('lobby');
  assert.deepEqual(s.socket.all('send').map(send => send.text), ['one']);
  ok(s.socket, 1);
  await settle();
  assert.deepEqual(s.socket.all('send').map(send => send.text), ['one', 'two']);
});

test('Sends_WhenAnErrorNamesADelay_AreRetriedInOrderAfterIt', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  const send = room.send('one');
  room.send('two');
  err(s.socket, 'rate_limited', 1500);
  await s.clock.advance(1499);
  assert.equal(s.socket.all('send').length, 1);
  await s.clock.advance(1);
  assert.deepEqual(s.socket.all('send').map(each => each.id), [send.id, send.id]);
  assert.equal(send.status, 'pending');
});

test('Sends_WhenAnErrorNamesALongDelay_FailAndLetTheNextOneGo', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  const send = room.send('one');
  room.send('two');
  err(s.socket, 'rate_limited', 30_001);
  await assert.rejects(send.done, { code: 'rate_limited', retry: 30_001 });
  assert.deepEqual([send.status, s.socket.last('send').text], ['failed', 'two']);
});

test('Sends_WhenTheAnswerIsMissing_AreRetriedOnALiveConnection', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  const send = room.send('one');
  await s.clock.advance(14_000);
  assert.deepEqual(s.socket.all('send').map(each => each.id), [send.id, send.id]);
});

test('Sends_WhenAnErrorIsFinal_FailAndLetTheNextOneGo', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  const send = room.send('bad');
  room.send('good');
  err(s.socket, 'too_large');
  await assert.rejects(send.done, { code: 'too_large' });
  assert.equal(send.status, 'failed');
  await settle();
  assert.equal(s.socket.last('send').text, 'good');
});

test('Sends_WhenFailed_CanBeRetriedOrDiscarded', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  const send = room.send('x');
  const id = send.id;
  err(s.socket, 'muted');
  await settle();
  room.retry(send);
  assert.equal(s.socket.last('send').id, id);
  err(s.socket, 'conflict');
  await settle();
  room.retry(send);
  assert.notEqual(s.socket.last('send').id, id);
  err(s.socket, 'forbidden');
  await settle();
  room.discard(send);
  assert.deepEqual(room.sends, []);
});

test('Sends_WhenTheOkIsLost_AreStoredByTheirOwnEvent', async () => {
  const s = stage();
  const { room, events } = await s.inLobby();
  const send = room.send('hello');
  s.socket.says(event(1, { from: 'ann', id: send.id, text: 'hello' }));
  assert.deepEqual(await send.done, { id: send.id, seq: 1, ts: event(1).ts });
  assert.deepEqual(room.sends, []);
  ok(s.socket, 1, { dup: true });
  await settle();
  assert.deepEqual(events, [1]);
});

test('Sends_WhenStored_StayListedUntilTheirEventArrives', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  const send = room.send('hello');
  ok(s.socket, 1);
  await settle();
  assert.deepEqual(room.sends.map(each => each.status), ['stored']);
  s.socket.says(event(1, { from: 'ann', id: send.id }));
  assert.deepEqual(room.sends, []);
});

test('Sends_WhenTheConnectionIsNotInTheRoom_AreRetriedOnceAfterAResume', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  const send = room.send('hello');
  err(s.socket, 'not_member');
  await settle();
  assert.equal(s.socket.all('send').length, 1);
  assert.equal(s.socket.last('join').resume, true);
  await s.joined('lobby');
  assert.equal(s.socket.all('send').length, 2);
  err(s.socket, 'not_member');
  await assert.rejects(send.done, { code: 'not_member' });
});

test('Sends_WhenTheRoomIsRefused_FailWithItsError', async () => {
  const s = stage();
  const room = s.session.join('ops');
  const send = room.send('hello');
  s.session.connect();
  await s.welcome();
  s.socket.says({ t: 'err', id: s.socket.last('join').id, code: 'forbidden', message: 'no' });
  await assert.rejects(send.done, { code: 'forbidden' });
});

test('Sends_WhenTooManyWait_RefuseTheNext', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  s.socket.ends(1006);
  for (let count = 0; count < 200; count++) room.send(`${count}`);
  assert.throws(() => room.send('one too many'), { code: 'too_large' });
});
