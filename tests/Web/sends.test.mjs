import assert from 'node:assert/strict';
import { test } from 'node:test';
import { event, settle, stage } from './fakes.mjs';

const ok = (socket, seq, parts = {}) => socket.says({ t: 'ok', id: socket.last('send').id, room: 'lobby', seq, ts: 5, ...parts });
const err = (socket, code, retry) => socket.says({ t: 'err', id: socket.last('send').id, code, message: code, ...(retry === undefined ? {} : { retry }) });

test('A send is pending until its ok', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  const send = room.send('hello');
  assert.equal(send.status, 'pending');
  assert.deepEqual(room.sends.map(each => each.id), [send.id]);
  ok(s.socket, 1);
  assert.deepEqual(await send.done, { id: send.id, seq: 1, ts: 5 });
  assert.equal(send.status, 'stored');
});

test('A send without an answer goes out again with the same id after a reconnect, once the room is resumed', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  const send = room.send('hello');
  const first = s.socket.last('send');
  await s.again();
  await s.welcome();
  assert.equal(s.socket.all('send').length, 0, 'not before the room is there');
  await s.joined('lobby');
  assert.deepEqual(s.socket.all('send'), [first]);
  ok(s.socket, 1, { dup: true });
  await send.done;
});

test('What is written offline goes out in the order it was written', async () => {
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

test('An error that names a wait is tried again after it, with the same id, before anything later', async () => {
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

test('A send whose answer never comes is tried again with the same id on a connection that lives', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  const send = room.send('one');
  await s.clock.advance(10_000);
  s.socket.says({ t: 'pong', id: s.socket.last('ping').id });
  await s.clock.advance(4000);
  assert.deepEqual(s.socket.all('send').map(each => each.id), [send.id, send.id]);
});

test('An error that no wait can help fails the send and lets the next one go', async () => {
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

test('A failed send is tried again with its own id, after a conflict with a new one, and can be let go', async () => {
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

test('The own event settles a send whose ok was lost, and the two together show it once', async () => {
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

test('A stored send stays in sight until its event is there', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  const send = room.send('hello');
  ok(s.socket, 1);
  await settle();
  assert.deepEqual(room.sends.map(each => each.status), ['stored']);
  s.socket.says(event(1, { from: 'ann', id: send.id }));
  assert.deepEqual(room.sends, []);
});

test('not_member joins the room and sends again, once', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  const send = room.send('hello');
  err(s.socket, 'not_member');
  await settle();
  assert.equal(s.socket.all('send').length, 1);
  await s.joined('lobby');
  assert.equal(s.socket.all('send').length, 2);
  err(s.socket, 'not_member');
  await assert.rejects(send.done, { code: 'not_member' });
});

test('What waits in a room that refuses this user fails with its reason', async () => {
  const s = stage();
  const room = s.session.join('ops');
  const send = room.send('hello');
  s.session.connect();
  await s.welcome();
  s.socket.says({ t: 'err', id: s.socket.last('join').id, code: 'forbidden', message: 'no' });
  await assert.rejects(send.done, { code: 'forbidden' });
});

test('Waiting sends are bounded', async () => {
  const s = stage();
  const { room } = await s.inLobby();
  s.socket.ends(1006);
  for (let count = 0; count < 200; count++) room.send(`${count}`);
  assert.throws(() => room.send('one too many'), { code: 'too_large' });
});
