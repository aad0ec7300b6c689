import { Session } from './orleanschat.js';
import { Banner } from './page/banner.js';
import { Composer } from './page/composer.js';
import { Conversation } from './page/conversation.js';
import { paintAvatar } from './page/dom.js';
import { Drawers } from './page/drawers.js';
import { endingOf } from './page/endings.js';
import { keep, kept } from './page/keep.js';
import { LogView } from './page/log.js';
import { isDirect, parseRoom, titleOf } from './page/names.js';
import { PeopleView } from './page/people.js';
import { RoomsView } from './page/rooms.js';
import { typingLine } from './page/text.js';
import { arrive, takeToken } from './page/token.js';
import { forgetName, identify } from './page/welcome.js';

/** Most rooms that are remembered from one visit to the next. */
const REMEMBERED = 50;

/** How long a note about something that failed stays, in ms. */
const NOTICE_STAYS = 8000;

/** Characters of a text where the service has not said otherwise. */
const TEXT_CHARACTERS = 4000;

/** Events of the past that are asked for on entry. */
const ON_ENTRY = 50;

const address = new URL(location.href);
const token = takeToken(address);
const url = new URL('/ws', address).href.replace(/^http/, 'ws');
const name = token ? null : await identify(address);
const session = new Session(token ? { url, token } : { url, user: name });
const me = name ?? await arrive(session, text => { document.getElementById('arrival').textContent = text; }, end => endingOf(end, true));
const conversations = new Map();
let current = null;
let connection = { state: session.state };
let noticeTimer = null;

const drawers = new Drawers();
const banner = new Banner(() => session.state === 'ended' ? session.connect() : session.retryNow(), token !== null);
const rooms = new RoomsView({ me, open, leave });
const people = new PeopleView({ me, write: user => open(`@${user}`) });
const composer = new Composer({
  send: say,
  edit: (entry, text) => attempt(() => current.room.send(text, { kind: 'edit', ref: entry.seq })),
  typing: () => current.room.typing(),
  limit: () => session.limits?.text_characters ?? TEXT_CHARACTERS,
  editLast: () => { if (log.lastOwn) composer.startEditing(log.lastOwn); },
});
const log = new LogView({
  me,
  react: (entry, emoji) => {
    const taken = entry.reactions.get(emoji)?.includes(me);
    attempt(() => current.room.send(emoji, { kind: taken ? 'unreact' : 'react', ref: entry.seq }));
  },
  edit: entry => composer.startEditing(entry),
  remove: entry => {
    attempt(() => current.room.send(null, { kind: 'delete', ref: entry.seq }));
    composer.focus();
  },
  leave: () => composer.focus(),
});

session.on('state', now => {
  connection = now;
  showConnection();
});
session.on('room', room => hold(room));
// The network is back, or the lid was opened: do not wait for the clock.
addEventListener('online', () => session.check());
addEventListener('offline', showConnection);
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'visible') return;
  session.check();
  log.draw();
});
document.querySelector('.skip').addEventListener('click', event => {
  event.preventDefault();
  composer.focus();
});
document.getElementById('change-name').hidden = token !== null;
document.getElementById('change-name').addEventListener('click', () => {
  forgetName();
  address.searchParams.delete('user');
  location.replace(address);
});

document.getElementById('app').hidden = false;
paintAvatar(document.querySelector('.self .avatar'), me);
document.querySelector('.self-name').textContent = me;
const remembered = recall();
const wanted = parseRoom(address.searchParams.get('room') ?? remembered[0] ?? 'lobby').room ?? 'lobby';
for (const name of remembered) hold(session.join(name, { last: ON_ENTRY }));
open(wanted);
// Whoever came in by a token is connected already, and may have been written to meanwhile.
for (const room of session.rooms.values()) if (!conversations.has(room.name)) hold(room);
session.connect();

/** Follows a room. */
function hold(room) {
  const conversation = new Conversation(room, me);
  conversations.set(room.name, conversation);
  conversation.on('change', () => {
    if (conversation !== current) return;
    log.drawSoon();
    showConnection();
  });
  conversation.on('people', () => { if (conversation === current) showPeople(); });
  conversation.on('typing', () => { if (conversation === current) showTyping(); });
  conversation.on('notice', text => notice(text));
  room.on('unread', showRooms);
  remember();
  showRooms();
  return conversation;
}

/** Shows a room, entering it where this person is not in it yet. */
function open(name) {
  const conversation = conversations.get(name) ?? hold(session.join(name, { last: ON_ENTRY }));
  drawers.close();
  if (conversation !== current) {
    if (current) {
      current.draft = composer.draft;
      current.show(false);
    }
    current = conversation;
    current.show(true);
    const title = titleOf(name, me);
    document.getElementById('room-name').textContent = title;
    address.searchParams.set('room', name);
    history.replaceState(null, '', address);
    composer.show(`Message ${isDirect(name) ? title : `#${name}`}`, current.draft);
    notice('');
    log.show(current);
    showPeople();
    showTyping();
    showRooms();
    showConnection();
  }
  composer.focus();
}

function leave(name) {
  const conversation = conversations.get(name);
  conversations.delete(name);
  conversation.room.leave();
  remember();
  if (conversation === current) open([...conversations.keys()][0] ?? 'lobby');
  showRooms();
}

/** False where nothing was taken on, so that the text stays where it was written. */
function say(text) {
  const said = attempt(() => current.room.send(text));
  if (said) {
    current.toHead();
    log.toEnd();
    log.draw();
  }
  return said;
}

function attempt(send) {
  try {
    send();
    notice('');
    return true;
  } catch (error) {
    notice(error.message);
    return false;
  }
}

function showRooms() {
  const list = [...conversations.values()].map(({ room }) => ({ name: room.name, unread: room.unread }));
  rooms.draw(list, current?.room.name);
  const elsewhere = list.reduce((sum, { name, unread }) => sum + (name === current?.room.name ? 0 : unread), 0);
  document.getElementById('elsewhere').hidden = elsewhere === 0;
  const unread = elsewhere + (current?.room.unread ?? 0);
  document.title = `${unread ? `(${unread}) ` : ''}${current ? `${titleOf(current.room.name, me)} · ` : ''}OrleansChat`;
}

function showPeople() {
  people.draw(current.people, current.room.count);
}

function showTyping() {
  document.getElementById('typing').textContent = typingLine(current.typing);
}

function showConnection() {
  banner.show(connection, current?.repairing ?? false);
}

function notice(text) {
  clearTimeout(noticeTimer);
  document.getElementById('notice').textContent = text;
  if (text) noticeTimer = setTimeout(() => notice(''), NOTICE_STAYS);
}

function recall() {
  try {
    const names = JSON.parse(kept(`rooms.${me}`) ?? '[]');
    return names.filter(name => typeof name === 'string' && parseRoom(name).room === name).slice(0, REMEMBERED);
  } catch {
    return [];
  }
}

function remember() {
  keep(`rooms.${me}`, JSON.stringify([...conversations.keys()].slice(0, REMEMBERED)));
}
