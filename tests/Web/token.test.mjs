import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { endingOf } from '../../web/page/endings.js';
import { arrive, bringsToken, chooseToken, takeToken } from '../../web/page/token.js';
import { settle, stage } from './fakes.mjs';

/** The storage of the tab, the storage of the browser, the address bar, and the questions that the page asked. */
let tab, browser, bar, asked;

const storage = entries => ({
  getItem: key => entries.get(key) ?? null,
  setItem: (key, value) => entries.set(key, value),
  removeItem: key => entries.delete(key),
});

/** Returns a token that names a user and has no valid signature. */
const tokenOf = (user, more = '') => `h.${Buffer.from(JSON.stringify({ sub: user })).toString('base64url')}.s${more}`;

const ask = answer => async (now, next) => {
  asked.push([now, next]);
  return answer;
};
const never = () => assert.fail('the page asked a question');

/** Connects with `token`; the server accepts it as a token of `user`. */
async function comesIn(token, user = 'ann') {
  const s = stage({ user: undefined, token });
  const name = arrive(s.session, token, () => {}, () => assert.fail('the session ended'));
  s.socket.open();
  await settle();
  s.socket.says({ t: 'welcome', id: s.socket.last('hello').id, user, session: 's', limits: {}, heartbeat: 25000 });
  assert.equal(await name, user);
}

/** Connects with `token`; the server refuses it with this error code. Returns the last sentence that the page showed. */
async function isRefused(token, word) {
  const s = stage({ user: undefined, token });
  const said = [];
  arrive(s.session, token, text => said.push(text), end => endingOf(end, true));
  s.socket.open();
  await settle();
  s.socket.says({ t: 'err', id: s.socket.last('hello').id, code: word, message: 'no' }, { t: 'bye', code: 4501, reason: `${word}: no` });
  s.socket.ends(4501, `${word}: no`);
  await settle();
  assert.equal(s.sockets.length, 1);
  return said.at(-1);
}

beforeEach(() => {
  [tab, browser, bar, asked] = [new Map(), new Map(), null, []];
  globalThis.sessionStorage = storage(tab);
  globalThis.localStorage = storage(browser);
  globalThis.history = { replaceState: (state, title, url) => { bar = String(url); } };
});

test('Token_WhenInTheFragment_IsRemovedFromTheAddress', () => {
  const address = new URL('https://chat.test/?room=plans#access_token=a.b.c');
  assert.deepEqual(takeToken(address), { given: 'a.b.c', inQuery: false });
  assert.equal(bar, 'https://chat.test/?room=plans');
  assert.equal(address.href, bar);
});

test('Token_WhenInTheQuery_IsRemovedAndNotAccepted', () => {
  const address = new URL('https://chat.test/?room=plans&access_token=a.b.c');
  assert.deepEqual(takeToken(address), { given: null, inQuery: true });
  assert.equal(bar, 'https://chat.test/?room=plans');
});

test('Token_WhenTheAddressHasNone_LeavesItUnchanged', () => {
  assert.deepEqual(takeToken(new URL('https://chat.test/?user=bob#part')), { given: null, inQuery: false });
  assert.equal(bar, null);
  assert.equal(bringsToken('https://chat.test/?access_token=x'), false);
  assert.equal(bringsToken('https://chat.test/#access_token=x'), true);
});

test('Token_WhenTheTabHasNone_IsTakenAndKeptForAReload', async () => {
  const token = tokenOf('ann');
  assert.deepEqual(await chooseToken(token, never), { token, declined: false });
  assert.deepEqual(await chooseToken(null, never), { token, declined: false });
});

test('Token_WhenTheAddressNamesAnotherUser_StaysTheTabsOwn', async () => {
  const token = tokenOf('ann');
  await chooseToken(token, never);
  await comesIn(token);
  for (const next of ['https://chat.test/?user=bob', 'https://chat.test/#access_token=', 'https://chat.test/?access_token=x.y.z']) {
    assert.equal((await chooseToken(takeToken(new URL(next)).given, never)).token, token, next);
  }
});

test('Token_WhenItNamesAnotherUser_IsUsedOnlyAfterAQuestion', async () => {
  const [anns, mallorys] = [tokenOf('ann'), tokenOf('mallory')];
  await chooseToken(anns, never);
  await comesIn(anns);
  assert.deepEqual(await chooseToken(mallorys, ask(false)), { token: anns, declined: true });
  assert.deepEqual(await chooseToken(null, never), { token: anns, declined: false }, 'after a reload the user is still ann');
  assert.deepEqual(await chooseToken(mallorys, ask(true)), { token: mallorys, declined: false });
  assert.deepEqual(asked, [['ann', 'mallory'], ['ann', 'mallory']]);
});

test('Token_WhenTheTabsOwnWasNotAcceptedYet_IsStillAskedAbout', async () => {
  await chooseToken(tokenOf('ann'), never);
  await chooseToken(tokenOf('mallory'), ask(false));
  assert.deepEqual(asked, [['ann', 'mallory']]);
});

test('Token_WhenANewTabOpensInAnotherUsersBrowser_IsAskedAbout', async () => {
  await comesIn(tokenOf('ann'));
  tab.clear();
  assert.deepEqual(await chooseToken(tokenOf('mallory'), ask(false)), { token: null, declined: true });
  assert.deepEqual(await chooseToken(tokenOf('ann', '2'), never), { token: tokenOf('ann', '2'), declined: false });
  assert.deepEqual(asked, [['ann', 'mallory']]);
});

test('Token_WhenItNamesNobody_IsAskedAbout', async () => {
  await chooseToken(tokenOf('ann'), never);
  for (const token of ['a.b.c', 'garbage', tokenOf('two words'), tokenOf(7)]) await chooseToken(token, ask(false));
  assert.deepEqual(asked.map(([, next]) => next), [null, null, null, null]);
});

test('Token_WhenOfTheSameUser_ReplacesTheOldOneOnceAccepted', async () => {
  const [old, forged, fresh] = [tokenOf('ann'), tokenOf('ann', '-forged'), tokenOf('ann', '-fresh')];
  await chooseToken(old, never);
  await comesIn(old);
  assert.equal((await chooseToken(forged, never)).token, forged);
  await isRefused(forged, 'unauthorized');
  assert.equal((await chooseToken(null, never)).token, old, 'a forged token does not replace a valid one');
  await chooseToken(fresh, never);
  await comesIn(fresh);
  assert.equal((await chooseToken(null, never)).token, fresh);
});

test('Token_WhenTheServiceNamesTheUserOtherwise_IsMatchedByItsClaim', async () => {
  await chooseToken(tokenOf('u-17'), never);
  await comesIn(tokenOf('u-17'), 'Ann');
  assert.equal((await chooseToken(tokenOf('u-17', '-fresh'), never)).declined, false);
  await chooseToken(tokenOf('u-18'), ask(false));
  assert.deepEqual(asked, [['Ann', 'u-18']]);
});

test('Token_WhenTheBrowserStoresNothing_WorksForOneVisit', async () => {
  const nothing = { getItem() { throw new Error(); }, setItem() { throw new Error(); }, removeItem() { throw new Error(); } };
  globalThis.sessionStorage = globalThis.localStorage = nothing;
  assert.equal((await chooseToken('a.b.c', never)).token, 'a.b.c');
});

test('Token_WhenAccepted_ResolvesToTheServersUserId', async () => {
  const s = stage({ user: undefined, token: 'a.b.c' });
  const said = [];
  const name = arrive(s.session, 'a.b.c', text => said.push(text), () => assert.fail('the session ended'));
  await s.welcome();
  assert.equal(await name, 'ann');
  assert.equal(s.socket.last('hello').token, 'a.b.c');
  assert.ok(!s.socket.url.includes('a.b.c'));
  assert.equal(said.at(-1), '');
});

test('Token_WhenRefused_IsExplainedAndForgotten', async () => {
  for (const [word, sentence] of [['token_expired', /expired/], ['unauthorized', /not valid here/]]) {
    await chooseToken('a.b.c', never);
    assert.match(await isRefused('a.b.c', word), sentence);
    assert.equal((await chooseToken(null, never)).token, null);
  }
});

test('Token_WhenTheServiceIsUnreachable_RetriesAndShowsIt', async () => {
  const s = stage({ user: undefined, token: 'a.b.c' });
  const said = [];
  const name = arrive(s.session, 'a.b.c', text => said.push(text), () => assert.fail('the session ended'));
  await s.again();
  assert.match(said.at(-1), /Cannot connect/);
  await s.welcome();
  assert.equal(await name, 'ann');
  assert.equal(said.at(-1), '');
});

test('Endings_WhenASessionEnds_ExplainIt', () => {
  assert.match(endingOf({ code: 4501, reason: 'unauthorized: no' }, false), /name/);
  assert.match(endingOf({ code: 4503 }, true), /too many/);
  assert.match(endingOf({ code: 4999 }, true), /ended/);
});
