import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEPT, TabStore } from '../../web/orleanschat.js';
import { FakeBrowser } from './browser-fakes.mjs';
import { settle } from './fakes.mjs';

const texts = tab => tab.stage.socket.all('send').map(send => send.text);

/** Connects a tab and enters the lobby. */
async function enter(tab) {
  tab.session.connect();
  await tab.stage.welcome();
  await tab.stage.joined('lobby');
}

async function answer(tab, seq) {
  tab.stage.socket.says({ t: 'ok', id: tab.stage.socket.last('send').id, room: 'lobby', seq, ts: 5 });
  await settle();
}

test('KeptSends_WhenATabCloses_AreSentByTheNextTabInOrderWithTheirIds', async () => {
  const browser = new FakeBrowser();
  const first = await browser.open();
  const ids = ['one', 'two', 'three'].map(text => first.room('lobby').send(text).id);
  await first.close();

  const next = await browser.open();
  await enter(next);
  for (let seq = 1; seq <= 3; seq++) await answer(next, seq);

  assert.deepEqual(texts(next), ['one', 'two', 'three']);
  assert.deepEqual(next.stage.socket.all('send').map(send => send.id), ids);
  assert.deepEqual(browser.records, []);
});

test('KeptSends_WhenATabCloses_AreSentByOneOpenTab', async () => {
  const browser = new FakeBrowser();
  const tabs = [await browser.open(), await browser.open(), await browser.open()];
  for (const tab of tabs) tab.room('lobby');
  await Promise.all(tabs.slice(1).map(enter));
  tabs[0].room('lobby').send('hello');
  await settle();
  assert.deepEqual(tabs.slice(1).flatMap(texts), [], 'an open tab sends its own messages');

  await tabs[0].close();

  assert.deepEqual(tabs.slice(1).flatMap(texts), ['hello']);
});

test('KeptSends_WhenOtherTabsOpenAnswerOrClose_StayWithTheirOpenTab', async () => {
  const browser = new FakeBrowser();
  const [offline, online] = [await browser.open(), await browser.open()];
  offline.room('lobby').send('waits');
  online.room('lobby');
  await enter(online);
  online.room('lobby').send('goes');
  await settle();
  await answer(online, 1);
  await online.close();
  await browser.open();
  assert.deepEqual(browser.records.map(record => record.command.text), ['waits']);
  assert.deepEqual(offline.room('lobby').sends.map(send => send.status), ['pending']);
});

test('KeptSends_WhenUserOrServerDiffers_AreNotVisible', async () => {
  const browser = new FakeBrowser();
  const ann = await browser.open({ user: 'ann' });
  ann.room('lobby').send('from ann');
  await ann.close();
  for (const other of [{ user: 'bob' }, { user: 'an' }, { user: 'ann"' }, { server: 'wss://chat.test/other/ws' }]) {
    const tab = await browser.open(other);
    assert.deepEqual(tab.room('lobby').sends, []);
    await tab.close();
  }
  const back = await browser.open({ user: 'ann' });
  assert.deepEqual(back.room('lobby').sends.map(send => send.command.text), ['from ann']);
});

test('KeptSends_WhenTakenOver_AreSentBeforeLaterMessages', async () => {
  const browser = new FakeBrowser();
  const [first, second] = [await browser.open(), await browser.open()];
  first.room('lobby').send('earlier');
  await browser.clock.advance(1);
  second.room('lobby').send('later');
  await first.close();
  await enter(second);
  await answer(second, 1);
  await answer(second, 2);
  assert.deepEqual(texts(second), ['earlier', 'later']);
});

test('KeptSends_WhenTextUserOrRoomIsOdd_AreRestoredUnchanged', async () => {
  for (const odd of ['__proto__', 'a.b:c', '"],["', '\u202Eecila', 'constructor', '😀']) {
    const browser = new FakeBrowser();
    const first = await browser.open({ user: odd });
    first.room(`@${odd}`).send(odd);
    await first.close();
    const next = await browser.open({ user: odd });
    assert.deepEqual(next.room(`@${odd}`).sends.map(send => send.command.text), [odd]);
  }
});

test('KeptSends_WhenASendMakesALink_StoreNothing', async () => {
  const browser = new FakeBrowser();
  const tab = await browser.open();

  tab.room('team').link().catch(() => {});
  tab.room('team').send('hello');
  await settle();

  assert.deepEqual(tab.room('team').sends.map(({ command }) => command.kind), ['link', undefined]);
  assert.equal(browser.records.length, 1);
  assert.ok(!JSON.stringify(browser.records).includes(tab.room('team').sends[0].command.code));
});

test('KeptSends_WhenEditsOrDeletions_AreKeptToo', async () => {
  const browser = new FakeBrowser();
  const first = await browser.open();
  first.room('lobby').send('better', { kind: 'edit', ref: 3 });
  first.room('lobby').send(null, { kind: 'delete', ref: 4 });
  await first.close();
  const next = await browser.open();
  await enter(next);
  await answer(next, 5);
  assert.deepEqual(next.stage.socket.all('send').map(({ kind, ref, text }) => [kind, ref, text]), [['edit', 3, 'better'], ['delete', 4, undefined]]);
});

test('KeptSends_WhenAMessageFailed_RestoreItAndSendTheOthers', async () => {
  const browser = new FakeBrowser();
  const first = await browser.open();
  first.room('lobby').send('refused');
  await enter(first);
  first.stage.socket.says({ t: 'err', id: first.stage.socket.last('send').id, code: 'forbidden', message: 'no' });
  await settle();
  first.room('lobby').send('fine');
  await first.close();

  const next = await browser.open();
  await enter(next);

  const [refused] = next.room('lobby').sends;
  assert.deepEqual([refused.status, refused.error.code, refused.command.text], ['failed', 'forbidden', 'refused']);
  assert.deepEqual(texts(next), ['fine']);
  next.room('lobby').discard(refused);
  await answer(next, 1);
  assert.deepEqual(browser.records, []);
});

test('KeptSends_WhenTheRoomIsDiscarded_RemoveThemWithoutAFailure', async () => {
  const browser = new FakeBrowser();
  const tab = await browser.open();
  const room = tab.room('lobby');
  const send = room.send('waits');
  const statuses = [];
  room.on('send', each => statuses.push(each.status));
  room.discardAll();
  await assert.rejects(send.done, { code: 'discarded' });
  assert.deepEqual(statuses, ['discarded']);
  assert.deepEqual([browser.records, room.sends], [[], []]);
});

test('KeptSends_WhenAConflictIsRetried_StoreOnlyTheNewId', async () => {
  const browser = new FakeBrowser();
  const tab = await browser.open();
  const send = tab.room('lobby').send('hello');
  await enter(tab);
  tab.stage.socket.says({ t: 'err', id: send.id, code: 'conflict', message: 'no' });
  await settle();
  tab.room('lobby').retry(send);
  assert.deepEqual(browser.records.map(record => record.command.id), [send.id]);
});

test('KeptSends_WhenTheEventIsBeforeTheCursor_RemoveItAtTheAnswer', async () => {
  const browser = new FakeBrowser();
  const first = await browser.open();
  first.room('lobby').send('hello');
  await first.close();
  const next = await browser.open();
  next.session.connect();
  await next.stage.welcome();
  await next.stage.joined('lobby', { seq: 9, after: 9 });
  await answer(next, 7);
  assert.deepEqual(next.room('lobby').sends, []);
});

test('KeptSends_WhenTheBrowserStoresNothing_SendButDoNotClaimToKeep', async () => {
  const browser = new FakeBrowser();
  browser.storage.failing = true;
  const tab = await browser.open();
  tab.room('lobby').send('hello');
  assert.equal(tab.kept.keeps, false);
  await enter(tab);
  await answer(tab, 1);
  assert.deepEqual(texts(tab), ['hello']);
});

test('KeptSends_WhenTheStorageFills_DoNotClaimToKeepUntilAnswered', async () => {
  const browser = new FakeBrowser();
  const tab = await browser.open();
  assert.equal(tab.kept.keeps, true);
  tab.room('lobby').send('kept');
  browser.storage.failing = true;
  tab.room('lobby').send('not kept');
  assert.equal(tab.kept.keeps, false);
  browser.storage.failing = false;
  tab.room('lobby').send('kept again');
  assert.equal(tab.kept.keeps, false);
  await enter(tab);
  for (let seq = 1; seq <= 3; seq++) await answer(tab, seq);
  assert.equal(tab.kept.keeps, true);
});

test('KeptSends_WhenTheBoundIsReached_RefuseWithTooLarge', async () => {
  for (const [most, text] of [[500, 'short'], [61, 'x'.repeat(16_000)]]) {
    const browser = new FakeBrowser();
    const tab = await browser.open();
    const fill = () => {
      for (let sent = 0; sent < 1000; sent++) {
        tab.kept.admit(text);
        tab.room(`room${sent % 10}`).send(text);
      }
    };
    assert.throws(fill, { code: 'too_large', message: /waiting/ });
    assert.equal(tab.kept.keeps, true);
    assert.equal(browser.records.length, most);
  }
});

test('TabStore_WhenThereAreNoWebLocks_IsTakenOverByTheNextTab', async () => {
  const browser = new FakeBrowser({ hasLocks: false });
  const first = await browser.open();
  const { id } = first.room('lobby').send('hello');
  await first.close();
  const next = await browser.open();
  await enter(next);
  assert.deepEqual(next.stage.socket.all('send').map(send => send.id), [id]);
});

test('TabStore_WhenRecordsAreOlderThan30Days_RemovesThemForAllUsers', async () => {
  const browser = new FakeBrowser();
  const storage = () => browser.storage.seenBy(null);
  const day = 24 * 60 * 60_000;
  const left = new TabStore({ server: 's', user: 'old', tab: 't', storage, now: () => Date.now() - 31 * day });
  assert.equal(left.put('send', 'id', 'text'), KEPT);
  const fresh = new TabStore({ server: 's', user: 'fresh', tab: 'u', storage, now: () => Date.now() - 29 * day });
  fresh.put('send', 'id', 'text');
  await browser.open();
  assert.deepEqual([...browser.storage.map.keys()].map(key => JSON.parse(key.slice(key.indexOf('['))).at(1)), ['fresh']);
});

test('TabStore_WhenRecordsCannotBeRead_SkipsThem', async () => {
  const browser = new FakeBrowser();
  const good = await browser.open();
  good.room('lobby').send('good');
  const [key] = browser.storage.map.keys();
  const next = (id, value) => browser.storage.map.set(key.replace(/[^,]*\]$/, `"${id}"]`), value);
  next('a', 'no json');
  for (const [id, value] of Object.entries({ b: null, c: 7, d: {}, e: { room: 'lobby', command: { t: 'hello', id: 'e' } } })) {
    next(id, JSON.stringify({ at: Date.now(), value }));
  }
  browser.storage.map.set('orleanschat:[', '');
  await good.close();
  const tab = await browser.open();
  assert.deepEqual(tab.room('lobby').sends.map(send => send.command.text), ['good']);
});
