import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTIONS, FOREVER } from '../../web/orleanschat.js';
import { blockedReason, changeLine, notChanged } from '../../web/page/group-text.js';
import { actionsOn, allows, mayInvite, mayReact, mayRename, maySet, mayWrite, outranks } from '../../web/page/rights.js';
import { changedSettings, settingsToShow } from '../../web/page/settings-form.js';
import { event, settle, stage } from './fakes.mjs';

const PRIVATE = `~${'a2'.repeat(13)}`;
const NOW = 1000;
const DEFAULTS = { private: false, members: ['write', 'react', 'invite'], moderators: ACTIONS };
const READ_ONLY = { private: true, members: [], moderators: ['write', 'moderate'] };

/** Removes the Unicode isolate characters, which enclose names, from a text. */
const plain = text => text.replace(/[\u2068\u2069]/g, '');

const changed = (seq, settings) => event(seq, { room: 'team', kind: 'settings', text: undefined, settings });

/** Returns a session that is online and a member of the group `name`, with the cursor at 3. */
async function inTeam(joined = {}, name = 'team') {
  const s = stage();
  const room = s.session.join(name, { last: 50 });
  const heard = [];
  room.on('standing', () => heard.push(room.settings));
  s.session.connect();
  await s.welcome();
  await s.joined(name, { kind: 'group', seq: 3, after: 3, role: 'owner', ...joined });
  return { s, room, heard };
}

test('Settings_WhenJoinedHasNone_AreTheDefaults', async () => {
  assert.deepEqual((await inTeam()).room.settings, DEFAULTS);
  assert.deepEqual((await inTeam({}, PRIVATE)).room.settings, { ...DEFAULTS, private: true }, 'the server chose the name of the group, so the group is private');
  assert.equal((await inTeam({ kind: 'channel' })).room.settings, null);
});

test('Settings_WhenJoinedHasThem_AreCompleted', async () => {
  const { room } = await inTeam({ settings: { members: ['react'] } });

  assert.deepEqual(room.settings, { private: false, members: ['react'], moderators: ACTIONS });
});

test('Settings_WhenAnEventReplacesThem_AreTheNewOnes', async () => {
  const { s, room, heard } = await inTeam();

  s.socket.says(changed(4, READ_ONLY));

  assert.deepEqual(room.settings, READ_ONLY);
  assert.deepEqual(heard, [READ_ONLY]);
});

test('Settings_WhenAnOldEventIsReplayed_StayThoseOfJoined', async () => {
  const { s, room } = await inTeam({ seq: 5, settings: READ_ONLY });

  s.socket.says(changed(4, { members: ['write'] }), event(5, { room: 'team' }));

  assert.deepEqual(room.settings, READ_ONLY);
});

test('Settings_WhenTheRoomIsListed_StayTheSame', async () => {
  const { s, room } = await inTeam({ settings: READ_ONLY });
  s.socket.ends(1006);

  room.listed({ room: 'team', kind: 'group', seq: 5, ts: 1, read: 0, unread: 0, role: 'member' });

  assert.deepEqual([room.role, room.settings], ['member', READ_ONLY]);
});

test('Settings_WhenAnOwnerChangesThem_AreSentAsOneSend', async () => {
  const { s, room } = await inTeam();

  const send = room.change('settings', { settings: READ_ONLY });

  const { id, ...command } = s.socket.last('send');
  assert.deepEqual(command, { t: 'send', room: 'team', kind: 'settings', settings: READ_ONLY });
  assert.deepEqual(settingsToShow(room), READ_ONLY, 'the form shows the settings that the user has sent');
  s.socket.says({ t: 'err', id, code: 'forbidden', message: 'no' });
  await assert.rejects(send.done, { code: 'forbidden' });
  assert.deepEqual(settingsToShow(room), DEFAULTS);
});

test('SettingsForm_WhenSaved_KeepsSettingsWithoutAField', async () => {
  const { room } = await inTeam({ settings: { members: ['write', 'fly'], slow: 30, later: { a: 1 } } });

  const saved = changedSettings(settingsToShow(room), { private: true, members: ['pin'], moderators: [], slow: 60 });

  assert.deepEqual(saved, { private: true, members: ['pin', 'fly'], moderators: [], slow: 60, later: { a: 1 } });
  assert.deepEqual(changedSettings(saved, { ...READ_ONLY, slow: 0 }), { ...READ_ONLY, members: ['fly'], later: { a: 1 } });
});

test('Conversation_WhenChanged_SendsOnlyTheGivenSettings', async () => {
  const { s } = await inTeam();
  const done = s.session.conversation('team', { pinned: true, muted: FOREVER });

  const { id, ...command } = s.socket.last('conversation');
  assert.deepEqual(command, { t: 'conversation', room: 'team', pinned: true, muted: FOREVER });
  s.socket.says({ t: 'ok', id, room: 'team' });

  assert.equal(await done, undefined);
});

test('Conversation_WhenRefused_RejectsWithTheError', async () => {
  const { s } = await inTeam();
  const done = s.session.conversation('team', { followed: true });

  s.socket.says({ t: 'err', id: s.socket.last('conversation').id, code: 'bad_request', message: 'only channels' });

  await assert.rejects(done, { code: 'bad_request', message: 'only channels' });
});

test('Conversation_WhenChangedOnAnotherDevice_IsReported', async () => {
  const { s } = await inTeam();
  const heard = [];
  s.session.on('conversation', ({ room }) => heard.push(room));

  s.socket.says({ t: 'conversation', room: 'team' });
  await settle();

  assert.deepEqual(heard, ['team']);
});

test('Rights_WhenSettingsTakeAnAction_AreThoseOfTheRole', () => {
  const may = (role, settings) => ACTIONS.filter(action => allows({ role, settings }, action)).join(' ');
  assert.equal(may('owner', READ_ONLY), ACTIONS.join(' '), 'an owner may do everything');
  assert.equal(may('moderator', READ_ONLY), 'write moderate');
  assert.equal(may('member', READ_ONLY), '');
  assert.equal(may('member', null), 'write react invite');
  assert.equal(may('moderator', null), ACTIONS.join(' '));
  assert.equal(may('invited', null) + may(null, null), '');
});

test('Page_WhenSettingsTakeAnAction_DoesNotOfferIt', () => {
  const offers = (role, settings) => [mayWrite, mayReact, mayInvite, mayRename, maySet].map(may => Number(may({ role, settings, mutedUntil: 0 }, NOW))).join('');
  assert.equal(offers('member', DEFAULTS), '11100');
  assert.equal(offers('member', READ_ONLY), '00000');
  assert.equal(offers('moderator', READ_ONLY), '10000');
  assert.equal(offers('owner', READ_ONLY), '11111');
  assert.equal(offers('member', { ...DEFAULTS, members: ['manage'] }), '00010');
  assert.equal(offers(null, null), '11000', 'in a channel, and before the role is known, the server decides');
  assert.ok(!mayWrite({ role: 'owner', mutedUntil: NOW + 1 }, NOW));
});

test('Moderation_WhenMembersMayModerate_ReachesOnlyLowerRoles', () => {
  const settings = { ...DEFAULTS, members: ['moderate'], moderators: [] };
  const on = (role, member) => actionsOn({ role, settings }, 'ann', { user: 'bob', ...member }, { owners: 1, now: NOW }).map(({ kind }) => kind).join(' ');
  assert.equal(on('member', { role: 'member' }), '');
  assert.equal(on('member', { role: 'invited' }), 'kick ban');
  assert.equal(on('moderator', { role: 'member' }), '', 'the settings do not let moderators moderate');
  assert.deepEqual([outranks({ role: 'member', settings }, undefined), outranks({ role: 'moderator', settings }, 'member')], [true, false]);
});

test('Composer_WhenSettingsForbidWriting_SaysWhoCanWrite', () => {
  const reason = (role, settings, mutedUntil = 0) => blockedReason({ role, settings, mutedUntil }, NOW);
  assert.equal(reason('member', READ_ONLY), 'Only owners and moderators can write in this group. You can read.');
  assert.equal(reason('member', { members: [], moderators: [] }), 'Only owners can write in this group. You can read.');
  assert.match(reason('moderator', { members: ['write'], moderators: [] }), /^Moderators cannot write/);
  assert.match(reason('member', READ_ONLY, FOREVER), /^You are muted/);
  assert.deepEqual([reason('owner', READ_ONLY), reason('member', DEFAULTS), reason(null, null)], ['', '', '']);
});

test('ChangeLine_WhenSettingsOrLinksChange_SaysHow', () => {
  const line = parts => plain(changeLine({ from: 'ann', ...parts }, 'me'));
  assert.equal(line({ kind: 'settings', settings: READ_ONLY }), 'ann changed the settings of the group: private; members may only read; moderators may write, moderate');
  assert.equal(line({ kind: 'settings', settings: { members: ['write', 'manage'] } }), 'ann changed the settings of the group: public; members may write, rename the group');
  assert.equal(line({ kind: 'settings', settings: { private: true, members: ['pin'], slow: 30 } }), 'ann changed the settings of the group: private; members may pin messages; slow mode: one message every 30 s');
  assert.deepEqual([line({ kind: 'pin', ref: 4 }), line({ kind: 'unpin', ref: 4 })], ['ann pinned a message', 'ann unpinned a message']);
  assert.equal(line({ kind: 'settings' }), 'ann changed the settings of the group', 'the list of conversations does not contain the settings');
  assert.equal(line({ kind: 'link', uses: 1 }), 'ann made an invitation link for 1 person');
  assert.match(line({ kind: 'link', uses: 10, until: Date.now() + 1 }), /^ann made an invitation link for 10 people until \S/);
  assert.equal(line({ kind: 'unlink', ref: 4 }), 'ann ended an invitation link');
  assert.equal(line({ kind: 'join', ref: 4 }), 'ann joined the group with an invitation link');
  assert.equal(line({ kind: 'role', user: 'bob' }), 'ann changed the role of bob');
  assert.equal(notChanged({ kind: 'settings' }), 'The settings of the group were not changed');
});
