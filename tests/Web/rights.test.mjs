import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FOREVER } from '../../web/orleanschat.js';
import { EPOCH, event, settle, stage } from './fakes.mjs';

const PRIVATE = `~${'a2'.repeat(13)}`;

const change = (seq, kind, parts) => event(seq, { room: 'team', kind, text: undefined, ...parts });

/** Returns a session that is online and a member of the group `team`, with the cursor at 3. */
async function inTeam(joined = {}) {
  const s = stage();
  const room = s.session.join('team', { last: 50 });
  const heard = [];
  room.on('refused', error => heard.push(`refused ${error.code}`));
  room.on('left', ({ reason }) => heard.push(`left ${reason}`));
  room.on('standing', () => heard.push('standing'));
  s.session.connect();
  await s.welcome();
  await s.joined('team', { kind: 'group', seq: 3, after: 3, role: 'moderator', ...joined });
  return { s, room, heard };
}

test('Change_WhenSent_HasTheKindAndItsParts', async () => {
  const { s, room } = await inTeam();
  const sent = async send => {
    const { id, room: name, ...command } = s.socket.last('send');
    s.socket.says({ t: 'ok', id, room: name, seq: 4, ts: 1 });
    await send.done;
    return command;
  };

  assert.deepEqual(await sent(room.change('ban', { user: 'bob', until: 99 })), { t: 'send', kind: 'ban', user: 'bob', until: 99 });
  assert.deepEqual(await sent(room.change('role', { user: 'bob', role: 'owner' })), { t: 'send', kind: 'role', user: 'bob', role: 'owner' });
  assert.deepEqual(await sent(room.change('title', { title: 'Plans' })), { t: 'send', kind: 'title', text: 'Plans' });
  assert.deepEqual(await sent(room.change('invite', { user: 'bob' })), { t: 'send', kind: 'invite', user: 'bob' });
});

test('Change_WhenTheConnectionIsLost_IsRetriedInOrderWithItsId', async () => {
  const { s, room } = await inTeam();
  const ban = room.change('ban', { user: 'bob' });
  const message = room.send('he is gone');

  await s.again();
  await s.welcome();
  s.socket.says({ t: 'joined', room: 'team', kind: 'group', seq: 3, epoch: EPOCH, after: 3, role: 'moderator' });
  await settle();

  assert.deepEqual(s.socket.all('send').map(({ id, kind }) => [id, kind]), [[ban.id, 'ban']], 'the message waits for the ban');
  s.socket.says({ t: 'ok', id: ban.id, room: 'team', seq: 4, ts: 1 });
  await settle();
  assert.equal(s.socket.last('send').id, message.id);
});

test('Sends_WhenTheUserIsMuted_FailAtOnceAndAreNotRetried', async () => {
  const { s, room } = await inTeam();
  const send = room.send('hello');

  s.socket.says({ t: 'err', id: send.id, code: 'muted', message: 'you are muted in this room' });

  await assert.rejects(send.done, { code: 'muted', message: 'you are muted in this room' });
  await s.clock.advance(60_000);
  assert.equal(s.socket.all('send').length, 1);
  assert.equal(room.refusal, null);
});

test('Room_WhenJoined_HasTheRoleAndTheTitle', async () => {
  const { s, room } = await inTeam({ title: 'Plans' });
  assert.deepEqual([room.role, room.title, room.mutedUntil], ['moderator', 'Plans', 0]);

  s.socket.says(change(4, 'role', { user: 'ann', role: 'owner' }), change(5, 'role', { user: 'bob', role: 'member' }), change(6, 'title', { text: 'Work' }));

  assert.deepEqual([room.role, room.title], ['owner', 'Work']);
});

test('Room_WhenOldChangesAreReplayed_KeepsTheJoinedRoleAndTitle', async () => {
  const { s, room } = await inTeam({ seq: 6, after: 3, title: 'Work', role: 'owner' });

  s.socket.says(change(4, 'title', { text: 'Plans' }), change(5, 'role', { user: 'ann', role: 'member' }), change(6, 'kick', { user: 'ann' }));

  assert.deepEqual([room.role, room.title, room.refusal, room.attached], ['owner', 'Work', null, true]);
});

test('Room_WhenTheUserIsMuted_KnowsUntilWhen', async () => {
  const { s, room, heard } = await inTeam();

  s.socket.says(change(4, 'mute', { user: 'ann', until: 5000 }));
  assert.equal(room.mutedUntil, 5000);
  s.socket.says(change(5, 'mute', { user: 'ann' }), change(6, 'mute', { user: 'bob', until: 1 }));
  assert.equal(room.mutedUntil, FOREVER);
  s.socket.says(change(7, 'unmute', { user: 'ann' }));

  assert.equal(room.mutedUntil, 0);
  assert.deepEqual(heard, ['standing', 'standing', 'standing']);
});

test('Members_WhenRead_AreAPageAndTheUsersOwnStanding', async () => {
  const { s, room } = await inTeam({ role: 'member' });
  const members = [{ user: 'ann', role: 'moderator', muted: FOREVER }, { user: 'bob', banned: 9 }];

  const page = room.members({ after: 'al', limit: 2 });
  const { id, ...command } = s.socket.last('members');
  s.socket.says({ t: 'members', id, room: 'team', members, more: true });

  assert.deepEqual(command, { t: 'members', room: 'team', after: 'al', limit: 2 });
  assert.deepEqual([(await page).members, (await page).more], [members, true]);
  assert.deepEqual([room.role, room.mutedUntil], ['moderator', FOREVER]);
});

test('Members_WhenAnEventIsNewerThanThePage_KeepTheEvent', async () => {
  const { s, room } = await inTeam();
  const page = room.members();
  const { id } = s.socket.last('members');

  s.socket.says(change(4, 'mute', { user: 'ann' }), { t: 'members', id, room: 'team', members: [{ user: 'ann', role: 'member' }] });
  await page;

  assert.deepEqual([room.role, room.mutedUntil], ['moderator', FOREVER]);
});

for (const [kind, Ended, code] of [['kick', 'Kicked', 'not_member'], ['ban', 'Banned', 'forbidden']]) {
  const reason = Ended.toLowerCase();

  test(`Room_WhenTheUserIs${Ended}_IsRefusedAndNotEnteredAgain`, async () => {
    const { s, room, heard } = await inTeam();
    const waiting = room.send('hello');

    s.socket.says(change(4, kind, { user: 'ann' }));
    assert.equal(room.refusal?.code, code, 'the event is enough, because the connection may end before the `left`');
    s.socket.says({ t: 'left', room: 'team', reason }, { t: 'err', id: waiting.id, code: 'not_member', message: 'no' });
    await s.clock.advance(60_000);
    await s.again();
    await s.welcome();
    await s.clock.advance(60_000);

    assert.deepEqual([room.refusal.code, room.role, waiting.status], [code, null, 'failed']);
    assert.deepEqual(heard, ['standing', `refused ${code}`, `left ${reason}`]);
    assert.deepEqual(s.socket.last('hello').rooms, {});
    assert.equal(s.sockets.flatMap(socket => socket.all('join')).length, 1);
  });

  test(`Room_WhenOnlyTheLeftSays${Ended}_IsRefused`, async () => {
    const { s, room } = await inTeam();

    s.socket.says({ t: 'left', room: 'team', reason });
    await s.again();
    await s.welcome();
    await s.clock.advance(60_000);

    assert.deepEqual([room.refusal.code, room.role], [code, null]);
    assert.equal(s.socket.all('join').length, 0);
  });
}

test('Room_WhenAnotherUserIsKicked_StaysAttached', async () => {
  const { s, room } = await inTeam();

  s.socket.says(change(4, 'kick', { user: 'bob', from: 'ann' }), change(5, 'ban', { user: 'bob', from: 'ann' }));

  assert.deepEqual([room.refusal, room.attached, room.role], [null, true, 'moderator']);
});

test('Room_WhenTheUserJoinsAgainAfterAKick_IsAttached', async () => {
  const { s, room } = await inTeam();
  s.socket.says(change(4, 'kick', { user: 'ann' }), { t: 'left', room: 'team', reason: 'kicked' });

  s.session.join('team', { kind: 'group' });
  await s.joined('team', { kind: 'group', seq: 6, after: 4, role: 'member' });

  assert.deepEqual([room.refusal, room.attached, room.role, s.socket.last('join').resume], [null, true, 'member', undefined]);
});

test('Link_WhenStored_ResolvesWithItsSequenceAndCode', async () => {
  const { s, room } = await inTeam();

  const made = room.link({ uses: 10, until: 99 });
  const { id, code, ...command } = s.socket.last('send');
  s.socket.says({ t: 'ok', id, room: 'team', seq: 4, ts: 1 });
  const other = room.link();
  await settle();

  assert.deepEqual(command, { t: 'send', room: 'team', kind: 'link', uses: 10, until: 99 });
  assert.match(code, /^[a-z2-7]{26}$/);
  assert.deepEqual(await made, { seq: 4, code });
  assert.notEqual(s.socket.last('send').code, code);
  assert.equal(s.socket.last('send').uses, undefined);
  other.catch(() => {});
});

test('Link_WhenTheConnectionIsLost_IsRetriedWithItsCode', async () => {
  const { s, room } = await inTeam();
  const made = room.link({ uses: 1 });
  const first = s.socket.last('send');

  await s.again();
  await s.welcome();
  s.socket.says({ t: 'joined', room: 'team', kind: 'group', seq: 3, epoch: EPOCH, after: 3, role: 'member' });
  await settle();
  s.socket.says({ t: 'ok', id: first.id, room: 'team', seq: 4, ts: 1, dup: true });

  assert.deepEqual(s.socket.all('send'), [first]);
  assert.deepEqual(await made, { seq: 4, code: first.code });
});

test('Link_WhenRefused_RejectsAndLeavesNoSend', async () => {
  const { s, room } = await inTeam();
  const made = room.link();

  s.socket.says({ t: 'err', id: s.socket.last('send').id, code: 'room_full', message: 'too many links' });

  await assert.rejects(made, { code: 'room_full' });
  assert.deepEqual(room.sends, []);
});

test('Unlink_WhenStored_HasNamedTheLink', async () => {
  const { s, room } = await inTeam();

  const ended = room.unlink(4);
  const { id, ...command } = s.socket.last('send');
  s.socket.says({ t: 'ok', id, room: 'team', seq: 5, ts: 1 });

  assert.deepEqual(command, { t: 'send', room: 'team', kind: 'unlink', ref: 4 });
  assert.equal(await ended, undefined);
});

test('Join_WhenItHasALink_RepeatsItOnlyUntilItIsAnswered', async () => {
  const s = stage();
  const code = 'a2'.repeat(13);
  const room = s.session.join(PRIVATE, { link: code });
  s.session.connect();
  await s.welcome();
  const { id, ...join } = s.socket.last('join');
  s.socket.says({ t: 'err', id, code: 'unavailable', message: 'later', retry: 100 });
  await s.clock.advance(3000);
  const again = s.socket.last('join');
  await s.joined(PRIVATE, { kind: 'group', role: 'member' });

  assert.deepEqual([join.room, join.link, join.resume], [PRIVATE, code, undefined]);
  assert.deepEqual([again.id === id, again.link], [false, code]);
  s.socket.says({ t: 'left', room: PRIVATE, reason: 'displaced' });
  room.resume();
  assert.deepEqual([s.socket.last('join').link, s.socket.last('join').resume], [undefined, true]);
});

test('Join_WhenItsLinkIsRefused_ForgetsTheLink', async () => {
  const s = stage();
  s.session.connect();
  await s.welcome();
  const room = s.session.join(PRIVATE, { link: 'a2'.repeat(13) });
  s.socket.says({ t: 'err', id: s.socket.last('join').id, code: 'not_found', message: 'there is no such room' });
  await settle();

  assert.equal(room.refusal.code, 'not_found');
  room.enter();
  assert.equal(s.socket.all('join').length, 2);
  assert.equal(s.socket.last('join').link, undefined);
});

test('Create_WhenAnswered_ResolvesWithTheRoomAndItsEvents', async () => {
  const s = stage();
  s.session.connect();
  await s.welcome();
  const events = [];
  s.session.on('room', room => room.on('event', ({ kind }) => events.push(kind)));

  const created = s.session.create({ title: 'Plans' });
  await settle();
  const { id, title } = s.socket.last('create');
  s.socket.says({ t: 'joined', id, room: PRIVATE, kind: 'group', seq: 1, epoch: EPOCH, after: 0, role: 'owner' },
    event(1, { room: PRIVATE, kind: 'join', from: 'ann', text: undefined }), event(2, { room: PRIVATE, kind: 'title', from: 'ann', text: 'Plans' }));
  const room = await created;

  assert.equal(title, 'Plans');
  assert.deepEqual([room.name, room.kind, room.role, room.title, room.attached], [PRIVATE, 'group', 'owner', 'Plans', true]);
  assert.deepEqual(events, ['join', 'title']);
  assert.equal(s.session.rooms.get(PRIVATE), room);
});

test('Create_WhenRefused_RejectsAndAddsNoRoom', async () => {
  const s = stage();
  await assert.rejects(s.session.create(), { code: 'offline' });
  s.session.connect();
  await s.welcome();

  const created = s.session.create();
  await settle();
  s.socket.says({ t: 'err', id: s.socket.last('create').id, code: 'forbidden', message: 'no' });

  await assert.rejects(created, { code: 'forbidden' });
  assert.equal(s.session.rooms.size, 0);
});

test('Session_WhenTheUserIsInvited_EmitsTheInvitationAndDoesNotJoin', async () => {
  const s = stage();
  const invited = [];
  s.session.on('invited', each => invited.push([each.room, each.title]));
  s.session.connect();
  await s.welcome();

  s.socket.says({ t: 'invited', room: PRIVATE, title: 'Plans' }, { t: 'invited', room: 'team' });

  assert.deepEqual(invited, [[PRIVATE, 'Plans'], ['team', undefined]]);
  assert.equal(s.session.rooms.size, 0);
  assert.equal(s.socket.all('join').length, 0);
});

test('Room_WhenListed_TakesTheTitleUnlessItKnowsANewerEvent', async () => {
  const { s, room } = await inTeam({ title: 'Plans' });

  room.listed({ room: 'team', kind: 'group', seq: 2, ts: 1, read: 0, unread: 0, role: 'member', title: 'Old' });
  assert.deepEqual([room.title, room.role], ['Plans', 'moderator']);
  s.socket.ends(1006);
  room.listed({ room: 'team', kind: 'group', seq: 5, ts: 1, read: 0, unread: 0, role: 'owner', title: 'New' });

  assert.deepEqual([room.title, room.role], ['New', 'owner']);
});

test('Leave_WhenTheServerRefusesIt_KeepsTheRoom', async () => {
  const { s, room } = await inTeam({ role: 'owner' });

  const left = room.leave({ membership: false });
  s.socket.says({ t: 'err', id: s.socket.last('leave').id, code: 'forbidden', message: 'make another member an owner first' });

  await assert.rejects(left, { code: 'forbidden' });
  assert.equal(s.session.rooms.get('team'), room);
  assert.deepEqual([room.attached, room.role], [true, 'owner']);
});
