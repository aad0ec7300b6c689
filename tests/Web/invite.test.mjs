import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { bringsInvite, forgetInvite, inviteAddress, takeInvite } from '../../web/page/invite.js';
import { joinByLink } from '../../web/page/join-by-link.js';
import { parseLink } from '../../web/page/link-form.js';
import { Emitter } from '../../web/orleanschat/emitter.js';
import { FakeStorage } from './browser-fakes.mjs';
import { settle } from './fakes.mjs';

const PRIVATE = `~${'a2'.repeat(13)}`;
const CODE = 'mzx4'.repeat(7);
const PAGE = 'https://chat.test/chat/';
const DAY = 86_400_000;

let shown;

beforeEach(() => {
  globalThis.sessionStorage = new FakeStorage().seenBy(null);
  globalThis.history = { replaceState: (state, title, address) => { shown = address.href; } };
  shown = null;
});

/** Starts to join a room by an invitation link. The test emits the answers of the room. */
function opened({ answer = { until: undefined }, name = PRIVATE } = {}) {
  const room = Object.assign(new Emitter(), { name, attached: false, refusal: null });
  const [asked, joined, notices] = [[], [], []];
  takeInvite(new URL(inviteAddress(PAGE, name, CODE)));
  const done = joinByLink({
    invite: { room: name, code: CODE }, room, me: 'ann', notice: text => notices.push(text), join: link => joined.push(link),
    ask: question => {
      asked.push(question.heading);
      return Promise.resolve(answer);
    },
  });
  const kept = () => takeInvite(new URL(`${PAGE}?room=${name}`));
  return { room, asked, joined, notices, done, kept };
}

test('InviteAddress_WhenMade_HasTheCodeOnlyAfterTheHash', () => {
  const address = inviteAddress(`${PAGE}?room=lobby&user=ann#access_token=secret`, PRIVATE, CODE);

  assert.equal(address, `https://chat.test/chat/?room=${PRIVATE}#invite=${CODE}`);
});

test('Invite_WhenTheAddressHasOne_LeavesTheAddressAndStaysInTheTab', () => {
  const address = new URL(`${inviteAddress(PAGE, PRIVATE, CODE)}&access_token=t`);

  assert.deepEqual(takeInvite(address), { room: PRIVATE, code: CODE });

  assert.equal(shown, `${PAGE}?room=${PRIVATE}#access_token=t`);
  assert.deepEqual(takeInvite(new URL(`${PAGE}?room=${PRIVATE}`)), { room: PRIVATE, code: CODE }, 'after a reload');
  assert.deepEqual(takeInvite(new URL(PAGE)), { room: PRIVATE, code: CODE }, 'after the user has signed in with another link');
  assert.equal(takeInvite(new URL(`${PAGE}?room=lobby`)), null, 'the user has opened another room');
  forgetInvite();
  assert.equal(takeInvite(new URL(`${PAGE}?room=${PRIVATE}`)), null);
});

test('Invite_WhenTheCodeOrTheRoomIsInvalid_IsRemovedAndIgnored', () => {
  for (const tail of [`?room=${PRIVATE}#invite=short`, `?room=${PRIVATE}#invite=${CODE.toUpperCase()}`, `?room=a%20b#invite=${CODE}`, `#invite=${CODE}`]) {
    const address = new URL(PAGE + tail);
    assert.equal(takeInvite(address), null, tail);
    assert.equal(address.hash, '', tail);
  }
  assert.deepEqual([bringsInvite(`${PAGE}#invite=${CODE}`), bringsInvite(`${PAGE}?invite=${CODE}`)], [true, false]);
});

test('JoinByLink_WhenTheUserConfirms_JoinsWithTheCode', async () => {
  const { room, asked, joined, notices, done, kept } = opened();
  await settle();
  assert.deepEqual(asked, [], 'the page waits for the answer to its resume, because the user may be a member');

  room.emit('refused', { code: 'not_found' });
  await settle();
  assert.deepEqual([asked, joined], [['Join the group?'], [CODE]]);
  room.emit('joined', {});
  await done;

  assert.deepEqual([notices, kept()], [[], null]);
});

test('JoinByLink_WhenTheUserCancels_DoesNotJoin', async () => {
  const { room, joined, done, kept } = opened({ answer: null, name: 'team' });

  room.emit('refused', { code: 'not_member' });
  await done;

  assert.deepEqual([joined, kept()], [[], null]);
});

test('JoinByLink_WhenTheUserIsAMember_DoesNotAsk', async () => {
  const { room, asked, joined, done } = opened();

  room.emit('refused', { code: 'unavailable', passing: true });
  room.emit('joined', {});
  await done;

  assert.deepEqual([asked, joined], [[], []]);
});

test('JoinByLink_WhenTheUserIsBanned_DoesNotAsk', async () => {
  const { room, asked, done } = opened({ name: 'team' });

  room.emit('refused', { code: 'forbidden', message: 'you are banned' });
  await done;

  assert.deepEqual(asked, []);
});

test('JoinByLink_WhenTheLinkHasEnded_SaysSo', async () => {
  const { room, notices, done } = opened();

  room.emit('refused', { code: 'not_found' });
  await settle();
  room.emit('refused', { code: 'not_found' });
  await done;

  assert.deepEqual(notices, ['This invitation link is not valid any more. Ask for a new one.']);
});

test('LinkForm_WhenRead_HasUsesAndAnEnd', () => {
  assert.deepEqual(parseLink('', '', 5), { link: {} });
  assert.deepEqual(parseLink('10', 'day', 5), { link: { uses: 10, until: 5 + DAY } });
  assert.deepEqual(parseLink(' 1000 ', 'week', 5), { link: { uses: 1000, until: 5 + 7 * DAY } });
  for (const typed of ['0', '1001', '1.5', '-1', 'ten', '1e9']) assert.ok(parseLink(typed, '', 5).fault, typed);
});
