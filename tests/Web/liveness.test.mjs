import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onWake } from '../../web/orleanschat/wake.js';
import { event, FakeClock, settle, stage } from './fakes.mjs';

const HEARTBEAT = 25_000;

/** A clock whose timers fire only at full minutes, as in a page that has been hidden for a while. */
class HiddenPageClock extends FakeClock {
  setTimeout(callback, delay) {
    return super.setTimeout(callback, Math.ceil((this.now() + delay) / 60_000) * 60_000 - this.now());
  }
}

/** Moves the clock until `happened()` is true. Returns how many ms that took; fails after `most` ms. */
async function passing(clock, most, happened) {
  for (let passed = 0; passed <= most; passed += 250) {
    if (happened()) return passed;
    await clock.advance(250);
  }
  assert.fail(`waited ${most} ms for ${happened}`);
}

test('Session_WhenNothingArrives_ReconnectsWithin10sOfTheHeartbeat', async () => {
  const s = stage();
  await s.inLobby();
  s.socket.alive = false;
  await passing(s.clock, HEARTBEAT, () => s.socket.all('ping').length === 1);
  await passing(s.clock, 10_000, () => s.session.state === 'waiting');
  assert.equal(s.states.at(-1).code, 1006);
  await s.clock.advance(1000);
  assert.equal(s.sockets.length, 2);
});

test('Session_WhenQuietButHealthy_StaysConnected', async () => {
  const s = stage();
  await s.inLobby();
  await s.clock.advance(60 * 60_000);
  assert.equal(s.session.state, 'online');
  assert.equal(s.sockets.length, 1);
  const pings = s.socket.all('ping').length;
  assert.ok(pings > 100 && pings <= 144, `${pings} pings in an hour with a heartbeat of 25 s`);
});

test('Session_WhenTheServerNamesAShortHeartbeat_UsesIt', async () => {
  const s = stage();
  s.session.connect();
  s.socket.open();
  await settle();
  s.socket.says({ t: 'welcome', id: s.socket.last('hello').id, user: 'ann', session: 's1', limits: {}, heartbeat: 1000 });
  s.socket.alive = false;
  await passing(s.clock, 1250, () => s.socket.all('ping').length === 1);
  await passing(s.clock, 5250, () => s.session.state === 'waiting');
});

test('Session_WhenOnlyItsOwnFramesAreLost_ReconnectsDespiteEvents', async () => {
  const s = stage();
  await s.inLobby();
  s.socket.alive = false;
  let seq = 0;
  await passing(s.clock, HEARTBEAT + 35_000, () => {
    if (s.session.state === 'online') s.socket.says(event(++seq));
    return s.session.state === 'waiting';
  });
});

test('Session_WhenAnswersAreSlowButFramesArrive_StaysConnected', async () => {
  const s = stage();
  await s.inLobby();
  s.socket.alive = false;
  await s.clock.advance(HEARTBEAT);
  for (let seq = 1; seq <= 10; seq++) {
    await s.clock.advance(2000);
    s.socket.says(event(seq));
  }
  s.socket.says({ t: 'pong', id: s.socket.last('ping').id });
  s.socket.alive = true;
  await s.clock.advance(60_000);
  assert.equal(s.sockets.length, 1);
});

test('Session_WhenThePageIsHidden_PingsWithin70sOfTheHeartbeat', async () => {
  for (const start of [0, 1, 20_000, 34_999, 35_001, 59_999]) {
    const clock = new HiddenPageClock();
    const s = stage({ clock });
    await s.inLobby();
    await clock.advance(60_000 - clock.now() % 60_000 + start);
    s.socket.says(event(1));
    s.socket.alive = false;
    const pings = s.socket.all('ping').length;
    await passing(clock, HEARTBEAT + 70_000, () => s.socket.all('ping').length > pings);
    await passing(clock, 60_000, () => s.session.state !== 'online');
  }
});

test('Session_WhenTheClockIsSetBack_StillReconnects', async () => {
  let back = 0;
  const clock = new FakeClock();
  const s = stage({ clock: { now: () => clock.now() - back, setTimeout: (...timer) => clock.setTimeout(...timer), clearTimeout: timer => clock.clearTimeout(timer) } });
  s.session.connect();
  await s.welcome();
  s.socket.alive = false;
  back = 3_600_000;
  await passing(clock, HEARTBEAT + 10_000, () => s.session.state === 'waiting');
});

test('Session_WhenThePageWakes_ChecksAtOnceUnlessEnded', async () => {
  let wake;
  let stopped = 0;
  const s = stage({ wake: listener => { wake = listener; return () => stopped++; } });
  await s.inLobby();
  s.socket.alive = false;
  wake();
  wake();
  assert.equal(s.socket.all('ping').length, 1, 'a second wake sends no second ping');
  await s.clock.advance(5000);
  assert.equal(s.session.state, 'waiting');
  wake();
  assert.equal(s.sockets.length, 2, 'a wake ends the reconnect delay');
  s.session.close();
  assert.equal(stopped, 1);
  s.session.connect();
  await s.welcome();
  wake();
  assert.equal(s.socket.all('ping').length, 1);
});

test('Session_WhenResumedWithAnOldPing_PingsAgainFirst', async () => {
  let wake;
  let frozen = 0;
  const clock = new FakeClock();
  const s = stage({
    wake: listener => { wake = listener; return () => {}; },
    clock: { now: () => clock.now() + frozen, setTimeout: (...timer) => clock.setTimeout(...timer), clearTimeout: timer => clock.clearTimeout(timer) },
  });
  s.session.connect();
  await s.welcome();
  s.socket.alive = false;
  wake();
  frozen = 600_000;
  s.socket.alive = true;
  wake();
  assert.equal(s.socket.all('ping').length, 2);
  await clock.advance(10_000);
  assert.equal(s.session.state, 'online');
});

test('Wake_WhenThePageIsVisibleResumedShownOrOnline_CallsItsListener', () => {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
  let calls = 0;
  const stop = onWake(() => calls++, { window, document });
  const shown = persisted => Object.assign(new Event('pageshow'), { persisted });

  document.dispatchEvent(new Event('visibilitychange'));
  window.dispatchEvent(shown(false));
  assert.equal(calls, 0, 'no call when the page is hidden or loaded for the first time');
  document.visibilityState = 'visible';
  for (const [target, name] of [[document, 'visibilitychange'], [document, 'resume'], [window, 'online']]) target.dispatchEvent(new Event(name));
  window.dispatchEvent(shown(true));
  assert.equal(calls, 4);
  stop();
  window.dispatchEvent(new Event('online'));
  assert.equal(calls, 4);
});
