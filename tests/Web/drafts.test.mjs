import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Drafts } from '../../web/page/drafts.js';
import { RememberedRooms } from '../../web/page/remembered.js';
import { FakeBrowser, FakeStorage } from './browser-fakes.mjs';

const nothing = { text: '', edit: null };
const shown = ({ text, edit }) => ({ text, edit });

/** Returns a tab with a store of drafts, as the page has one. */
async function draftsIn(browser, options) {
  let ids = 0;
  return browser.open({
    ...options,
    prepare: tab => {
      tab.adopted = [];
      tab.drafts = new Drafts(tab.store, () => `${tab.id}-${++ids}`, room => tab.adopted.push(room));
    },
  });
}

test('Drafts_WhenThePageReloads_RestoreTextAndOpenEdit', async () => {
  const browser = new FakeBrowser();
  const first = await draftsIn(browser);
  const edit = { seq: 7, original: 'old', text: 'new' };
  first.drafts.set('lobby', { text: 'half a sen', edit: null });
  first.drafts.set('@bob', { text: 'aside', edit });
  await first.close();
  const next = await draftsIn(browser);
  assert.deepEqual(shown(next.drafts.open('lobby')), { text: 'half a sen', edit: null });
  assert.deepEqual(shown(next.drafts.open('@bob')), { text: 'aside', edit });
  assert.deepEqual(next.adopted.sort(), ['@bob', 'lobby']);
});

test('Drafts_WhenTwoTabsWriteInOneRoom_KeepBothTexts', async () => {
  const browser = new FakeBrowser();
  const [first, second] = [await draftsIn(browser), await draftsIn(browser)];
  first.drafts.set('lobby', { text: 'mine', edit: null });
  second.drafts.set('lobby', { text: 'yours', edit: null });
  await first.close();
  assert.equal(second.drafts.open('lobby').text, 'yours', 'the draft in the composer stays');
  second.drafts.set('lobby', nothing);
  assert.equal(second.drafts.get('lobby').text, '', 'no other draft appears right after a message was sent');
  assert.equal(second.drafts.open('lobby').text, 'mine');
  await second.close();
  const third = await draftsIn(browser);
  assert.equal(third.drafts.open('lobby').text, 'mine');
  third.drafts.set('lobby', nothing);
  assert.deepEqual(browser.records, []);
});

test('Drafts_WhenAnotherUserOpensTheRoom_ShowNothing', async () => {
  const browser = new FakeBrowser();
  const ann = await draftsIn(browser, { user: 'ann' });
  ann.drafts.set('lobby', { text: 'private', edit: null });
  await ann.close();
  const bob = await draftsIn(browser, { user: 'bob' });
  assert.deepEqual(bob.drafts.open('lobby'), nothing);
});

test('Drafts_WhenTheBrowserCannotStore_ReportIt', async () => {
  const browser = new FakeBrowser();
  const tab = await draftsIn(browser);
  assert.equal(tab.drafts.set('lobby', { text: 'short', edit: null }), true);
  assert.equal(tab.drafts.set('lobby', { text: 'x'.repeat(1_000_000), edit: null }), false);
  browser.storage.failing = true;
  assert.equal(tab.drafts.set('lobby', { text: 'short', edit: null }), false);
  assert.equal(tab.drafts.get('lobby').text, 'short', 'the tab still has the draft');
});

test('RememberedRooms_WhenTwoTabsChangeThem_CombineBoth', () => {
  const storage = new FakeStorage().seenBy(null);
  const [first, second] = [new RememberedRooms('s', 'ann', () => storage), new RememberedRooms('s', 'ann', () => storage)];
  first.add('lobby', null);
  second.add('plans', null);
  first.add('@bob', 'direct');
  second.add('plans', 'group');
  second.remove('lobby');
  assert.deepEqual(first.list.map(({ name, kind }) => [name, kind]), [['plans', 'group'], ['@bob', 'direct']]);
});

test('RememberedRooms_WhenTheServerListsThem_AreMarkedAndStay', () => {
  const storage = new FakeStorage().seenBy(null);
  const rooms = new RememberedRooms('s', 'ann', () => storage);
  for (const name of ['lobby', 'team']) rooms.add(name, null);
  rooms.listed(['team', 'other']);
  rooms.listed([]);
  rooms.add('team', 'group');
  assert.deepEqual(rooms.list, [{ name: 'lobby', kind: null, listed: false }, { name: 'team', kind: 'group', listed: true }]);
});

test('RememberedRooms_WhenAUserHasNoTabLeft_RemoveOnlyThatUsersRooms', () => {
  const storage = new FakeStorage().seenBy(null);
  storage.setItem('orleanschat.rooms.eve', '["old"]');
  storage.setItem('orleanschat.name', 'ann');
  const of = (user, server = 's') => new RememberedRooms(server, user, () => storage);
  for (const user of ['ann', 'bob', 'zoe']) of(user).add('plans');
  of('ann', 'elsewhere').add('plans');
  of('ann').forgetOthers(new Set(['ann', 'zoe']));
  assert.deepEqual(['ann', 'bob', 'zoe'].map(user => of(user).list.length), [1, 0, 1]);
  assert.equal(of('ann', 'elsewhere').list.length, 1);
  assert.equal(storage.getItem('orleanschat.rooms.eve'), null);
  assert.equal(storage.getItem('orleanschat.name'), 'ann');
});

test('RememberedRooms_WhenTheBoundIsExceeded_KeepTheNewest', () => {
  const storage = new FakeStorage().seenBy(null);
  const rooms = new RememberedRooms('s', 'ann', () => storage);
  for (let number = 0; number < 60; number++) rooms.add(`room${number}`);
  assert.deepEqual([rooms.list.length, rooms.list.at(-1).name], [50, 'room59']);
});

test('RememberedRooms_WhenTheStorageIsBlocked_StayEmptyAndDoNotThrow', () => {
  const rooms = new RememberedRooms('s', 'ann', () => { throw new DOMException('denied', 'SecurityError'); });
  rooms.add('lobby');
  rooms.remove('lobby');
  rooms.forgetOthers(new Set());
  assert.deepEqual(rooms.list, []);
});
