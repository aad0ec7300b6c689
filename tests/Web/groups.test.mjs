import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FOREVER } from '../../web/orleanschat.js';
import { canBeCreated, entryOf, isNotOurs } from '../../web/page/entry.js';
import { actionLabel, changeLine, endedNotice, mutedReason, notChanged, questionOf, statusOf } from '../../web/page/group-text.js';
import { Invitations } from '../../web/page/invitations.js';
import { itemsOf } from '../../web/page/items.js';
import { ConversationList } from '../../web/page/listing.js';
import { MAX_MEMBERS, MemberList } from '../../web/page/members.js';
import { MuteWatch } from '../../web/page/mute-watch.js';
import { parseRoom, parseTitle, titleInText, titleOf } from '../../web/page/names.js';
import { actionsOn, mayInvite, mayRename, outranks } from '../../web/page/rights.js';
import { Timeline } from '../../web/page/timeline.js';
import { event, FakeClock, settle } from './fakes.mjs';

const PRIVATE = `~${'a2'.repeat(13)}`;
const NOW = 1000;

/** Removes the Unicode isolate characters, which enclose names, from a text. */
const plain = text => text.replace(/[\u2068\u2069]/g, '');

const offered = (own, member, { me = 'ann', owners = 1 } = {}) =>
  actionsOn({ role: own }, me, { user: 'bob', ...member }, { owners, now: NOW }).map(({ kind, role }) => role ? `${kind} ${role}` : kind).join(', ');

/** Returns a list of members. The room of the list answers a read only when the test calls `answer`. */
function memberList() {
  const asked = [];
  let changes = 0;
  const list = new MemberList({ members: query => new Promise((resolve, reject) => asked.push({ query, resolve, reject })) }, () => changes++);
  const answer = async page => {
    asked.at(-1).resolve(page);
    await settle();
  };
  const known = async members => {
    list.read();
    await answer({ members });
  };
  const shown = () => list.all.map(({ user, role, muted, banned }) => [user, role, muted && 'muted', banned && 'banned'].filter(part => part).join(' '));
  return { list, asked, answer, known, shown, changes: () => changes };
}

const change = (kind, user, parts) => event(9, { kind, user, text: undefined, ...parts });

test('Actions_WhenTheRoleIsHigher_AreOffered', () => {
  assert.equal(offered('owner', { role: 'member' }), 'role owner, role moderator, mute, kick, ban');
  assert.equal(offered('owner', { role: 'moderator' }), 'role owner, role member, mute, kick, ban');
  assert.equal(offered('moderator', { role: 'member' }), 'mute, kick, ban');
  assert.equal(offered('moderator', { role: 'invited' }), 'kick, ban');
});

test('Actions_WhenTheRoleIsNotHigher_AreNotOffered', () => {
  assert.equal(offered('moderator', { role: 'moderator' }), '');
  assert.equal(offered('moderator', { role: 'owner' }), '');
  assert.equal(offered('member', { role: 'member' }), '');
  assert.equal(offered(null, { role: 'member' }), '');
  assert.equal(offered('owner', { role: 'owner' }), 'role moderator, role member', 'an owner first gives another owner a lower role');
});

test('Actions_WhenTheUserIsTheOnlyOwner_AreNoneOnThemselves', () => {
  assert.equal(offered('owner', { user: 'ann', role: 'owner' }), '');
  assert.equal(offered('owner', { user: 'ann', role: 'owner' }, { owners: 2 }), 'role moderator, role member');
  assert.equal(offered('moderator', { user: 'ann', role: 'moderator' }), '');
});

test('Actions_WhenAMuteOrBanIsInForce_LiftIt', () => {
  assert.equal(offered('moderator', { role: 'member', muted: FOREVER }), 'unmute, kick, ban');
  assert.equal(offered('moderator', { role: 'member', muted: NOW }), 'mute, kick, ban', 'the time of the mute has passed');
  assert.equal(offered('moderator', { banned: NOW + 1 }), 'unban');
});

test('Rights_WhenTheUserIsMuted_AllowNoInvitationAndNoTitle', () => {
  assert.ok(mayInvite({ role: 'member', mutedUntil: 0 }, NOW));
  assert.ok(!mayInvite({ role: 'member', mutedUntil: NOW + 1 }, NOW));
  assert.ok(!mayInvite({ role: 'invited', mutedUntil: 0 }, NOW));
  assert.ok(mayRename({ role: 'moderator', mutedUntil: 0 }, NOW));
  assert.ok(!mayRename({ role: 'moderator', mutedUntil: FOREVER }, NOW));
  assert.ok(!mayRename({ role: 'member', mutedUntil: 0 }, NOW));
});

test('Messages_WhenTheAuthorHasALowerRole_CanBeDeleted', async () => {
  const { list, known } = memberList();
  await known([{ user: 'ann', role: 'owner' }, { user: 'mo', role: 'moderator' }]);

  const deleted = own => ['ann', 'mo', 'gone'].filter(user => outranks({ role: own }, list.roleOf(user)));

  assert.deepEqual(['owner', 'moderator', 'member', null].map(deleted), [['mo', 'gone'], ['gone'], [], []]);
});

test('MemberList_WhenRead_HasAllPagesByRole', async () => {
  const { list, asked, answer, shown } = memberList();

  list.read();
  await answer({ members: [{ user: 'al', role: 'member' }, { user: 'bo', banned: 5 }], more: true });
  await answer({ members: [{ user: 'cy', role: 'invited' }, { user: 'di', role: 'owner' }], more: false });

  assert.deepEqual(asked.map(({ query }) => query.after), [undefined, 'bo']);
  assert.deepEqual(shown(), ['di owner', 'al member', 'cy invited', 'bo banned']);
  assert.deepEqual([list.known, list.partial], [true, false]);
});

test('MemberList_WhenTheGroupIsLarge_ReadsABoundedPart', async () => {
  const { list, asked, answer } = memberList();
  const page = from => Array.from({ length: 200 }, (_, index) => ({ user: `u${from + index}`, role: 'member' }));

  list.read();
  for (let from = 0; from < MAX_MEMBERS; from += 200) await answer({ members: page(from), more: true });

  assert.equal(asked.length, MAX_MEMBERS / 200);
  assert.deepEqual([list.all.length, list.partial], [MAX_MEMBERS, true]);
});

test('MemberList_WhenEventsArrive_ChangesLikeTheServer', async () => {
  const { list, known, shown, changes } = memberList();
  await known([{ user: 'ann', role: 'owner' }]);
  const after = (...events) => {
    for (const each of events) list.apply(each);
    return shown().slice(1);
  };

  assert.deepEqual(after(change('invite', 'bob')), ['bob invited']);
  assert.deepEqual(after(change('join', undefined, { from: 'bob' })), ['bob member']);
  assert.deepEqual(after(change('invite', 'bob'), change('role', 'bob', { role: 'moderator' })), ['bob moderator']);
  assert.deepEqual(after(change('mute', 'bob', { until: 7 }), change('leave', undefined, { from: 'bob' })), ['bob muted'], 'leaving does not lift a mute');
  assert.deepEqual(after(change('unmute', 'bob')), []);
  assert.deepEqual(after(change('role', 'bob', { role: 'owner' })), [], 'only a member has a role');
  assert.deepEqual(after(change('ban', 'bob')), ['bob banned']);
  assert.deepEqual(after(change('unban', 'bob'), change('kick', 'bob')), []);
  const before = changes();
  list.apply(event(10));
  assert.equal(changes(), before, 'a message does not change the list');
});

test('MemberList_WhenEventsArriveDuringARead_AppliesThemOnTop', async () => {
  const { list, answer, shown } = memberList();

  list.read();
  list.apply(change('kick', 'bob'));
  await answer({ members: [{ user: 'ann', role: 'owner' }, { user: 'bob', role: 'member' }] });

  assert.deepEqual(shown(), ['ann owner']);
});

test('MemberList_WhenAReadFails_KeepsItsState', async () => {
  const { list, asked, known, shown } = memberList();
  await known([{ user: 'ann', role: 'owner' }]);

  list.read();
  asked.at(-1).reject(new Error('offline'));
  await settle();

  assert.deepEqual(shown(), ['ann owner']);
});

test('ChangeLine_WhenAGroupChanges_SaysWhoDidWhat', () => {
  const line = parts => plain(changeLine({ from: 'ann', ...parts }, 'me'));
  assert.equal(line({ kind: 'kick', user: 'bob' }), 'ann removed bob');
  assert.equal(line({ kind: 'ban', user: 'bob' }), 'ann banned bob');
  assert.match(line({ kind: 'mute', user: 'bob', until: Date.now() + 1 }), /^ann muted bob until \S/);
  assert.equal(line({ kind: 'mute', user: 'bob', until: 9e15 }), 'ann muted bob');
  assert.equal(line({ kind: 'unban', user: 'me' }), 'ann lifted the ban of you');
  assert.equal(line({ kind: 'role', user: 'bob', role: 'owner', from: '@system' }), 'The server made bob an owner');
  assert.equal(line({ kind: 'invite', user: 'bob', from: 'me' }), 'You invited bob');
  assert.equal(line({ kind: 'title', text: 'Plans' }), 'ann named the group Plans');
  assert.equal(line({ kind: 'settings' }), 'ann changed the settings of the group');
  assert.equal(line({ kind: 'join' }), 'ann joined the group');
});

test('Timeline_WhenAGroupChanges_HasALineForEachChange', () => {
  const timeline = new Timeline();
  timeline.push(event(1, { kind: 'join', from: 'ann', text: undefined }));
  timeline.push(event(2, { kind: 'role', from: 'ann', user: 'bob', role: 'moderator', text: undefined }));
  timeline.push(event(3, { kind: 'title', from: 'bob', text: 'Plans' }));
  timeline.push(event(4, { kind: 'later', from: 'bob' }));

  const items = itemsOf({ timeline, edits: new Map(), sends: [], me: 'ann' }, null);

  assert.deepEqual(items.filter(({ kind }) => kind === 'note').map(({ text }) => plain(text)),
    ['You joined the group', 'You made bob a moderator', 'bob named the group Plans']);
});

test('Status_WhenAUserIsListed_NamesTheRoleAndWhatIsInForce', () => {
  assert.equal(statusOf({ user: 'bob', role: 'moderator' }, NOW), 'moderator');
  assert.equal(statusOf({ user: 'bob', role: 'member', muted: FOREVER }, NOW), 'member, muted');
  assert.match(statusOf({ user: 'bob', banned: NOW + 1 }, NOW), /^banned until /);
  assert.equal(statusOf({ user: 'bob', muted: NOW }, NOW), '', 'the mute has ended');
});

test('Actions_WhenHardToUndo_AskFirst', () => {
  const question = (action, member = { user: 'bob', role: 'member' }) => questionOf(action, member, 'Plans', 'ann');
  assert.deepEqual(['kick', 'ban', 'mute', 'unban', 'unmute'].map(kind => question({ kind })?.timed), [false, true, true, undefined, undefined]);
  assert.match(plain(question({ kind: 'ban' }).text), /^bob is removed from Plans/);
  assert.match(plain(question({ kind: 'kick' }, { user: 'bob', role: 'invited' }).heading), /^Withdraw the invitation of bob/);
  assert.equal(question({ kind: 'role', role: 'moderator' }), null);
  assert.ok(question({ kind: 'role', role: 'owner' }));
  assert.ok(question({ kind: 'role', role: 'member' }, { user: 'ann', role: 'owner' }), 'an owner gives up the role');
  assert.equal(actionLabel({ kind: 'kick' }, { user: 'bob', role: 'invited' }), 'Withdraw the invitation…');
});

test('RefusedChange_WhenReported_SaysWhatWasNotDone', () => {
  assert.equal(plain(notChanged({ kind: 'invite', user: 'bob' })), 'bob was not invited');
  assert.equal(plain(notChanged({ kind: 'role', user: 'bob' })), 'The role of bob was not changed');
  assert.equal(notChanged({ kind: 'title' }), 'The group was not renamed');
  assert.equal(notChanged({ kind: 'settings' }), 'The settings of the group were not changed');
  assert.equal(notChanged({ kind: 'react' }), null);
  assert.match(endedNotice('kicked', 'Plans'), /removed from Plans/);
  assert.match(endedNotice('banned', 'Plans'), /banned from Plans/);
});

test('Titles_WhenTyped_AreCheckedLikeTheProtocol', () => {
  assert.deepEqual(parseTitle('  Plans ❤️ '), { title: 'Plans ❤️' });
  assert.equal(parseTitle('🦉'.repeat(100)).title.length, 200);
  for (const typed of ['', '  ', '\u200B', 'a\nb', 'a\u0000', '\ud800', 'x'.repeat(101)]) assert.ok(parseTitle(typed).fault, JSON.stringify(typed));
});

test('Titles_WhenShown_ReplaceTheNameAndKeepTheDirection', () => {
  assert.equal(plain(titleOf(PRIVATE, 'ann', 'Plans')), 'Plans');
  assert.equal(plain(titleOf('team', 'ann', 'Plans')), 'Plans');
  assert.equal(titleOf('team', 'ann', null), '# team');
  assert.equal(titleOf(PRIVATE, 'ann', null), 'Private group');
  assert.equal(titleInText('\u200B \u2800'), 'Private group', 'a title that looks empty');
  assert.equal(titleInText('a\u2069\u202Eb'), '\u2068ab\u2069');
  assert.deepEqual(parseRoom(` ${PRIVATE} `), { room: PRIVATE });
  for (const typed of ['~', '~abc', `${PRIVATE}a`, `~${'a1'.repeat(13)}`]) assert.ok(parseRoom(typed).fault, typed);
});

test('Entry_WhenTheUserIsInvited_OffersToJoin', () => {
  const room = { name: PRIVATE, kind: null, title: null, refusal: { code: 'not_found', message: 'no' } };
  const entry = entryOf(room, { title: 'Plans' });
  assert.deepEqual([plain(entry.text), plain(entry.button), entry.kind], ['You are invited to Plans.', 'Join Plans', 'group']);
  assert.equal(entryOf({ ...room, name: 'team' }, { title: null }).button, 'Join team');
  assert.match(entryOf({ ...room, refusal: { code: 'forbidden', message: 'You are banned.' } }, { title: 'Plans' }).text, /banned/);
});

test('Entry_WhenAPrivateGroupIsRefused_OffersNothing', () => {
  const room = { name: PRIVATE, kind: 'group', title: null };
  for (const code of ['not_found', 'not_member']) {
    const entry = entryOf({ ...room, refusal: { code, message: 'no' } });
    assert.ok(entry.text);
    assert.equal(entry.button, undefined, code);
  }
  assert.ok(isNotOurs({ ...room, kind: null, refusal: { code: 'not_found' } }));
  assert.ok(!canBeCreated({ ...room, kind: null, refusal: { code: 'not_found' } }), 'a private group is never created by its name');
  assert.ok(canBeCreated({ name: 'lobby', kind: null, refusal: { code: 'not_found' } }));
});

test('Invitations_WhenListed_AreReplacedOnlyByTheWholeList', () => {
  const invitations = new Invitations();
  const names = () => invitations.all.map(({ name }) => name);
  invitations.add('old', 'Old');
  const entries = [{ room: 'new', role: 'invited', title: 'New' }, { room: 'team', role: 'member' }, { room: 'newer', role: 'invited' }];

  invitations.add('team');
  invitations.listed(entries, false);
  assert.deepEqual(names(), ['new', 'newer', 'old'], 'the list says that the user is a member of team now');
  invitations.listed(entries, true);

  assert.deepEqual(names(), ['new', 'newer']);
  assert.deepEqual([invitations.get('new'), invitations.get('team')], [{ title: 'New' }, null]);
  invitations.remove('new');
  assert.deepEqual(names(), ['newer']);
});

test('Invitations_WhenAnswered_EndByAJoinOrAWithdrawal', () => {
  const invitations = new Invitations();
  for (const name of ['a', 'b', 'c']) invitations.add(name);
  const notFound = { code: 'not_found' };

  assert.equal(invitations.answered('a', null), true);
  assert.equal(invitations.answered('b', notFound), false, 'the server refused a resume, and the user did not click the invitation');
  invitations.accept('b');
  invitations.accept('c');
  assert.equal(invitations.answered('c', { code: 'room_full' }), false);
  assert.equal(invitations.answered('b', notFound), true);

  assert.deepEqual(invitations.all.map(({ name }) => name), ['c']);
});

test('Invitations_WhenThereAreTooMany_DropTheOldest', () => {
  const invitations = new Invitations();
  for (let index = 0; index <= 100; index++) invitations.add(`room${index}`);
  assert.equal(invitations.all.length, 100);
  assert.equal(invitations.get('room0'), null);
});

test('ConversationList_WhenAskedOften_ReadsOnceMoreAfterAPause', async () => {
  const reads = [];
  const found = [];
  const done = [];
  let later;
  const list = new ConversationList({
    read: page => {
      reads.push(page.before?.room);
      return Promise.resolve(reads.length % 2 ? { rooms: [{ room: 'a' }, { room: 'b' }], more: true } : { rooms: [{ room: 'c' }] });
    },
    found: ({ room }) => found.push(room),
    done: (entries, whole) => done.push([entries.length, whole]),
    later: callback => { later = callback; },
  });

  for (let time = 0; time < 3; time++) list.refresh();
  await settle();
  assert.deepEqual([reads, found, done], [[undefined, 'b'], ['a', 'b', 'c'], [[3, true]]]);
  later();
  await settle();
  later();
  await settle();

  assert.equal(reads.length, 4, 'one further read, and none after that');
});

test('MuteWatch_WhenTheTimePasses_LetsTheUserWriteAgain', async () => {
  const clock = new FakeClock();
  const reasons = [];
  const watch = new MuteWatch(reason => reasons.push(reason !== ''), clock);
  const room = { mutedUntil: clock.now() + 5000 };

  watch.watch(room);
  await clock.advance(4999);
  assert.deepEqual(reasons, [true]);
  await clock.advance(1);

  assert.deepEqual(reasons, [true, false]);
});

test('MuteWatch_WhenAnotherRoomIsShown_ForgetsTheFirst', async () => {
  const clock = new FakeClock();
  const reasons = [];
  const watch = new MuteWatch(reason => reasons.push(reason !== ''), clock);

  watch.watch({ mutedUntil: clock.now() + 5000 });
  watch.watch({ mutedUntil: 0 });
  await clock.advance(10_000);
  watch.watch({ mutedUntil: FOREVER });
  await clock.advance(10_000);

  assert.deepEqual(reasons, [true, false, true]);
  assert.match(mutedReason(FOREVER, NOW), /^You are muted in this group\. /);
});
