import { KeptSends, Session, TabStore } from './orleanschat.js';
import { Banner } from './page/banner.js';
import { Composer } from './page/composer.js';
import { Conversation } from './page/conversation.js';
import { nameElement, paintAvatar, roomElement } from './page/dom.js';
import { Drafts } from './page/drafts.js';
import { Drawers } from './page/drawers.js';
import { endingOf } from './page/endings.js';
import { EntryView } from './page/entry.js';
import { LogView } from './page/log.js';
import { isDirect, parseRoom, titleOf } from './page/names.js';
import { PeopleView } from './page/people.js';
import { askToChange } from './page/question.js';
import { RememberedRooms } from './page/remembered.js';
import { RoomsView } from './page/rooms.js';
import { typingLine } from './page/text.js';
import { arrive, bringsToken, chooseToken, takeToken } from './page/token.js';
import { forgetName, identify } from './page/welcome.js';

/** Time for which a notice is shown, in ms. */
const NOTICE_STAYS = 8000;

/** Maximum length of a message in characters, until the server has named its own limit. */
const TEXT_CHARACTERS = 4000;

/** Shown if the token is in the query of the link, which servers and proxies write to their logs. */
const IN_QUERY = 'This link is not safe: servers on the way can log its token. Ask for a link with #access_token= instead of ?access_token=.';

/** Number of past events that are requested when a room is opened. */
const ON_ENTRY = 50;

/** Minimum time between two reads of the list of conversations, in ms. */
const LIST_EVERY = 5000;

/** Maximum number of pages of the list that are read at a time. A page costs eleven commands of the user's budget. */
const LIST_PAGES = 5;

/** Error codes of refusals after which the page does not remember a room. */
const NOT_OURS = new Set(['not_member', 'forbidden']);

const address = new URL(location.href);
const { given, inQuery } = takeToken(address);
// If a link differs from the page's address only in its fragment, the browser does not reload the page, so the page
// reloads itself.
addEventListener('hashchange', () => { if (bringsToken(location.href)) location.reload(); });
const { token, declined } = await chooseToken(given, askToChange);
if (!token && (inQuery || declined)) await stop(declined ? 'Nothing has changed. To chat, open your own link.' : IN_QUERY);
// The URL is relative, like every URL of this page, because a proxy may serve the page under a path.
const url = new URL('ws', address).href.replace(/^http/, 'ws');
const name = token ? null : await identify(address);
const session = new Session(token ? { url, token } : { url, user: name });
const me = name ?? await arrive(session, token, sayInstead, end => endingOf(end, true));
const conversations = new Map();
const createdFor = new WeakSet();
let current = null;
let connection = { state: session.state };
let noticeTimer = null;
// The room that the notice about unsent messages names. If the user clicks Leave for this room again while the notice
// is shown, the messages are discarded.
let leaving = null;
let warnedOfDraft = false;
let finding = false;
let again = false;
/** Rooms that the user left on this connection. `findConversations` does not add them to the page again. */
const leftHere = new Set();

const drawers = new Drawers();
const store = new TabStore({ server: url, user: me, tab: session.newId() });
const keptSends = new KeptSends(store, name => (conversations.get(name) ?? hold(session.resume(name, { last: ON_ENTRY }))).room);
const drafts = new Drafts(store, () => session.newId(), name => {
  if (name === current?.room.name && composer.free) composer.restore(drafts.open(name));
});
const rememberedRooms = new RememberedRooms(url, me);
const banner = new Banner({
  again: () => session.state === 'ended' ? session.connect() : session.retryNow(),
  byToken: token !== null,
  keeps: () => keptSends.keeps,
});
const rooms = new RoomsView({ me, enter, open, leave });
const people = new PeopleView({ me, write: user => enter(`@${user}`) });
const entry = new EntryView(kind => enter(current.room.name, kind));
const composer = new Composer({
  send: say,
  edit: (seq, text) => send(text, { kind: 'edit', ref: seq }),
  changed: draft => {
    if (!drafts.set(current.room.name, draft)) warnOfDraft();
  },
  typing: () => current.room.typing(),
  limit: () => session.limits?.text_characters ?? TEXT_CHARACTERS,
  editLast: () => { if (log.lastOwn) edit(log.lastOwn); },
});
const log = new LogView({
  me,
  react: (entry, emoji) => {
    const taken = entry.reactions.get(emoji)?.includes(me);
    send(emoji, { kind: taken ? 'unreact' : 'react', ref: entry.seq });
  },
  edit,
  remove: entry => {
    send(null, { kind: 'delete', ref: entry.seq });
    composer.focus();
  },
  takeBack: send => takeBack(current, send),
  leave: () => composer.focus(),
});

session.on('state', now => {
  connection = now;
  showConnection();
  if (now.state !== 'online') return;
  leftHere.clear();
  findConversations();
});
session.on('room', room => hold(room));
session.on('left', () => findConversations());
addEventListener('offline', showConnection);
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') log.draw(); });
addEventListener('beforeunload', event => {
  // The browser asks the user only if unsent messages would be lost.
  const waiting = [...session.rooms.values()].some(room => room.sends.some(each => each.status === 'pending'));
  if (waiting && !keptSends.keeps) event.preventDefault();
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
document.querySelector('.self-name').replaceChildren(nameElement(me));
// Open the store before the first room, so that unsent messages of an earlier tab are sent before new ones.
await store.open();
rememberedRooms.forgetOthers(await store.usersWithTabs());
const remembered = rememberedRooms.list;
const wanted = parseRoom(address.searchParams.get('room') ?? remembered[0]?.name ?? 'lobby').room ?? 'lobby';
for (const { name, kind } of remembered) {
  if (!conversations.has(name)) hold(session.resume(name, { last: ON_ENTRY, kind }));
}
open(wanted);
// With a token the session is online already, and the server may have added the connection to rooms.
for (const room of session.rooms.values()) if (!conversations.has(room.name)) hold(room);
session.connect();
if (session.state === 'online') findConversations();
if (inQuery) notice(IN_QUERY);

/**
 * Reads the user's list of conversations. It adds each conversation that has unread messages and is not on the page,
 * and updates the counts of rooms that are not attached. So the page shows a conversation that another user began while
 * this user was away. All calls during a read, and up to 5 s after it, together cause one further read.
 */
async function findConversations() {
  again = finding;
  if (finding) return;
  finding = true;
  try {
    let before;
    for (let page = 0; page < LIST_PAGES; page++) {
      const { rooms, more } = await session.conversations({ before });
      for (const entry of rooms) {
        const known = conversations.get(entry.room);
        if (known) known.room.listed(entry);
        else if (entry.unread > 0 && !leftHere.has(entry.room)) hold(session.resume(entry.room, { last: ON_ENTRY, kind: entry.kind }));
      }
      if (!more) break;
      before = rooms.at(-1);
    }
  } catch {
    // The page reads the list again on the next connection.
  }
  setTimeout(() => {
    finding = false;
    if (again) findConversations();
  }, LIST_EVERY);
}

/** Adds a room to the page: creates its conversation and subscribes to its events. */
function hold(room) {
  const conversation = new Conversation(room, me);
  conversations.set(room.name, conversation);
  leftHere.delete(room.name);
  conversation.on('change', () => {
    if (conversation !== current) return;
    log.drawSoon();
    entry.draw(room);
    showConnection();
  });
  conversation.on('people', () => { if (conversation === current) showPeople(); });
  conversation.on('typing', () => { if (conversation === current) showTyping(); });
  conversation.on('notice', text => notice(text));
  conversation.on('refusedEdit', send => {
    if (conversation === current && composer.free) takeBack(conversation, send);
  });
  keptSends.follow(room);
  room.on('unread', showRooms);
  rememberedRooms.add(room.name, room.kind);
  room.on('joined', () => {
    createdFor.delete(room);
    rememberedRooms.add(room.name, room.kind);
  });
  room.on('left', () => {
    if (conversation === current) room.resume();
    else findConversations();
  });
  room.on('refused', () => {
    if (conversation === current) createIfOpen(room);
    if (isNotOurs(room)) rememberedRooms.remove(room.name);
  });
  showRooms();
  return conversation;
}

/** Joins a room that the user asked for by name or button. If the room is a group, the user becomes a member. */
function enter(name, kind) {
  const room = session.join(name, { last: ON_ENTRY, kind });
  if (!conversations.has(name)) hold(room);
  open(name);
  entry.draw(room);
}

/** Shows a room. The user does not become a member of a group, because a link can open a room too. */
function open(name) {
  const conversation = conversations.get(name) ?? hold(session.resume(name, { last: ON_ENTRY }));
  drawers.close();
  if (conversation !== current) {
    current?.show(false);
    current = conversation;
    current.show(true);
    const title = titleOf(name, me);
    document.getElementById('room-name').replaceChildren(roomElement(name, me));
    address.searchParams.set('room', name);
    history.replaceState(null, '', address);
    composer.show(`Message ${isDirect(name) ? title : `#${name}`}`, drafts.open(name));
    notice('');
    log.show(current);
    entry.draw(current.room);
    createdFor.delete(current.room);
    createIfOpen(current.room);
    current.room.resume();
    showPeople();
    showTyping();
    showRooms();
    showConnection();
  }
  composer.focus();
}

/**
 * Creates the room that is shown, if it does not exist and can be a channel. The page does not ask the user, because a
 * channel has no members. The page tries this only once, because the server may refuse to create rooms.
 */
function createIfOpen(room) {
  if (room.refusal?.code !== 'not_found' || isDirect(room.name) || room.kind === 'group' || createdFor.has(room)) return;
  createdFor.add(room);
  room.enter({ kind: 'channel' });
}

function leave(name) {
  const conversation = conversations.get(name);
  const { room } = conversation;
  const waiting = room.sends.filter(each => each.status !== 'stored').length;
  if (waiting > 0 && leaving !== name) {
    notice(`${waiting === 1 ? 'A message is' : `${waiting} messages are`} not sent yet in ${titleOf(name, me)}. Click Leave again to leave without sending.`);
    leaving = name;
    return;
  }
  leaving = null;
  conversations.delete(name);
  leftHere.add(name);
  room.discardAll();
  room.leave();
  rememberedRooms.remove(name);
  if (conversation === current) open([...conversations.keys()][0] ?? 'lobby');
  showRooms();
}

/**
 * Sends a message to the room that is shown, and scrolls to the end.
 * @returns {boolean} false if the message was not sent; the text then stays in the composer
 */
function say(text) {
  const said = send(text);
  if (said) {
    current.toHead();
    log.toEnd();
    log.draw();
  }
  return said;
}

function send(text, parts) {
  return attempt(() => {
    keptSends.admit(text);
    current.room.send(text, parts);
  });
}

function edit(entry) {
  if (!composer.startEditing(entry)) notice('Save or cancel your current edit first.');
}

/** Moves the text of a failed send back to the composer. */
function takeBack({ room, timeline }, send) {
  const { kind, text, ref } = send.command;
  const original = timeline.entries().find(entry => entry.seq === ref)?.text ?? null;
  const taken = kind === 'edit' && send.error.code !== 'gone' ? composer.startEditing({ seq: ref, text: original }, text) : composer.giveBack(text);
  if (taken) room.discard(send);
  else notice('Save or cancel your current edit first.');
}

function warnOfDraft() {
  if (warnedOfDraft) return;
  warnedOfDraft = true;
  notice('Your browser cannot save this draft. Send it before you close the page.');
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
  leaving = null;
  document.getElementById('notice').textContent = text;
  if (text) noticeTimer = setTimeout(() => notice(''), NOTICE_STAYS);
}

/** Whether the page stops remembering a refused room. */
function isNotOurs({ kind, refusal }) {
  return NOT_OURS.has(refusal?.code) || (refusal?.code === 'not_found' && kind === 'group');
}

/** Shows a sentence in place of the chat, before the chat is shown. */
function sayInstead(text) {
  document.getElementById('arrival').textContent = text;
}

/** Shows a sentence and never resolves: the user must open another link. */
function stop(text) {
  sayInstead(text);
  return new Promise(() => {});
}
