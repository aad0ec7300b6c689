import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { endingOf } from '../../web/page/endings.js';
import { arrive, takeToken } from '../../web/page/token.js';
import { settle, stage } from './fakes.mjs';

/** The tab's own storage, and what stands in the address bar. */
let tab, bar;

beforeEach(() => {
  tab = new Map();
  bar = null;
  globalThis.sessionStorage = {
    getItem: key => tab.get(key) ?? null,
    setItem: (key, value) => tab.set(key, value),
    removeItem: key => tab.delete(key),
  };
  globalThis.history = { replaceState: (state, title, url) => { bar = String(url); } };
});

test('A token is taken out of the address, and the tab keeps it for a reload', () => {
  const address = new URL('https://chat.test/?room=plans&access_token=a.b.c');
  assert.equal(takeToken(address), 'a.b.c');
  assert.equal(bar, 'https://chat.test/?room=plans');
  assert.equal(address.href, bar);
  assert.equal(takeToken(new URL('https://chat.test/?room=plans')), 'a.b.c');
});

test('Without a token there is none, and nothing is touched', () => {
  assert.equal(takeToken(new URL('https://chat.test/')), null);
  assert.equal(bar, null);
});

test('An address that names a user, or an empty token, ends what the tab kept', () => {
  for (const next of ['https://chat.test/?user=bob', 'https://chat.test/?access_token=']) {
    takeToken(new URL('https://chat.test/?access_token=a.b.c'));
    assert.equal(takeToken(new URL(next)), null);
    assert.equal(takeToken(new URL('https://chat.test/')), null);
  }
});

test('Where the browser keeps nothing, a token works for one visit', () => {
  globalThis.sessionStorage = { getItem() { throw new Error(); }, setItem() { throw new Error(); }, removeItem() { throw new Error(); } };
  assert.equal(takeToken(new URL('https://chat.test/?access_token=a.b.c')), 'a.b.c');
});

test('Who came in by a token has the name that the service tells', async () => {
  const s = stage({ user: undefined, token: 'a.b.c' });
  const said = [];
  const name = arrive(s.session, text => said.push(text), () => assert.fail('nothing ended'));
  await s.welcome();
  assert.equal(await name, 'ann');
  assert.equal(s.socket.last('hello').token, 'a.b.c');
  assert.ok(!s.socket.url.includes('a.b.c'));
  assert.deepEqual(said, ['']);
});

test('A token that is refused is told in a clear sentence, and forgotten', async () => {
  for (const [word, sentence] of [['token_expired', /expired/], ['unauthorized', /not valid here/]]) {
    takeToken(new URL('https://chat.test/?access_token=a.b.c'));
    const s = stage({ user: undefined, token: 'a.b.c' });
    const said = [];
    arrive(s.session, text => said.push(text), end => endingOf(end, true));
    s.socket.open();
    await settle();
    s.socket.says({ t: 'err', id: s.socket.last('hello').id, code: word, message: 'no' }, { t: 'bye', code: 4501, reason: `${word}: no` });
    s.socket.ends(4501, `${word}: no`);
    await settle();
    assert.match(said.at(-1), sentence);
    assert.equal(takeToken(new URL('https://chat.test/')), null);
    assert.equal(s.sockets.length, 1);
  }
});

test('A service that cannot be reached is tried again, and the person is told', async () => {
  const s = stage({ user: undefined, token: 'a.b.c' });
  const said = [];
  const name = arrive(s.session, text => said.push(text), () => assert.fail('nothing ended'));
  await s.again();
  assert.match(said.at(-1), /cannot be reached/);
  await s.welcome();
  assert.equal(await name, 'ann');
  assert.equal(said.at(-1), '');
});

test('Every end has its sentence', () => {
  assert.match(endingOf({ code: 4501, reason: 'unauthorized: no' }, false), /name/);
  assert.match(endingOf({ code: 4503 }, true), /too many/);
  assert.match(endingOf({ code: 4999 }, true), /ended/);
});
