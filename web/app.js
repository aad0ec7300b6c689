import { KeptSends, TabStore } from './orleanschat.js';
import { systemClock } from './orleanschat/clock.js';
import { Banner } from './page/banner.js';
import { Composer } from './page/composer.js';
import { Conversation } from './page/conversation.js';
import { nameElement, paintAvatar, roomElement } from './page/dom.js';
import { Drafts } from './page/drafts.js';
import { Drawers } from './page/drawers.js';
import { canBeCreated, EntryView, isNotOurs } from './page/entry.js';
import { GroupActions } from './page/group-actions.js';
import { GroupPanel } from './page/group-panel.js';
import { endedNotice } from './page/group-text.js';
import { bringsInvite, takeInvite } from './page/invite.js';
import { joinByLink } from './page/join-by-link.js';
import { LogView } from './page/log.js';
import { MuteWatch } from './page/mute-watch.js';
import { mentionable } from './page/mentions.js';
import { isDirect, isPrivate, parseRoom, titleOf } from './page/names.js';
import { Notice } from './page/notice.js';
import { PeopleView } from './page/people.js';
import { showReaders } from './page/readers.js';
import { RememberedRooms } from './page/remembered.js';
import { mayReact, mayWrite, outranks } from './page/rights.js';
import { Sending } from './page/sending.js';
import { Sidebar } from './page/sidebar.js';
import { IN_QUERY, signIn } from './page/sign-in.js';
import { typingLine } from './page/text.js';
import { ThreadPanel } from './page/thread-panel.js';
import { offerNewName } from './page/welcome.js';

/** Number of past events that the page requests when it opens a room. */
const ON_ENTRY = 50;

const address = new URL(location.href);
const invite = takeInvite(address);
// The browser does not reload the page for an address that differs only after the `#`, so the page reloads itself.
addEventListener('hashchange', () => { if (bringsInvite(location.href)) location.reload(); });
const { url, token, session, me, inQuery } = await signIn(address);
const conversations = new Map();
const createdFor = new WeakSet();
let current = null;
let connection = { state: session.state };
let warnedOfDraft = false;

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
const noticeLine = new Notice('notice');
const threadNotice = new Notice('thread-notice');
const sending = new Sending({
  me, keptSends, notice, conversation: () => current,
  get composer() { return composer; },
  get log() { return log; },
});
const groups = new GroupActions({
  me, session, notice, room: () => current.room, created: open, left: drop,
  change: (room, kind, parts) => sending.change(room, kind, parts),
});
const group = new GroupPanel({
  me,
  write: user => enter(`@${user}`),
  invite: user => groups.invite(user),
  link: (room, link) => groups.link(room, link),
  act: (action, member) => groups.act(action, member),
  set: settings => groups.set(settings),
  rename: () => groups.rename(),
  leave: () => groups.leave(),
});
const sidebar = new Sidebar({
  me, session, conversations, enter, open, drop, notice,
  remembered: rememberedRooms,
  current: () => current,
  hold: (name, kind) => hold(session.resume(name, { last: ON_ENTRY, kind })),
  create: () => groups.create(),
  drawn: drawEntry,
});
const people = new PeopleView({ me, write: user => enter(`@${user}`) });
const entry = new EntryView(kind => enter(current.room.name, kind));
const composer = new Composer({
  send: text => sending.say(text),
  edit: (seq, text) => sending.send(text, { kind: 'edit', ref: seq }),
  changed: draft => {
    if (drafts.set(current.room.name, draft) || warnedOfDraft) return;
    warnedOfDraft = true;
    notice('Your browser cannot save this draft. Send it before you close the page.');
  },
  typing: () => current.room.typing(),
  limit: () => session.limits?.text_characters,
  names,
  editLast: () => { if (log.lastOwn) sending.edit(log.lastOwn); },
});
const mute = new MuteWatch(reason => {
  composer.block(reason);
  thread.block(reason);
  group.draw(current);
}, systemClock);
/** The actions on a message. The conversation and the thread offer them. */
const actions = {
  me,
  mayWrite: () => mayWrite(current.room, Date.now()),
  mayReact: () => mayReact(current.room, Date.now()),
  mayDelete: ({ from }) => outranks(current.room, current.members.roleOf(from)),
  hasReaders: () => current.room.kind === 'group' || current.room.kind === 'direct',
  react: (entry, emoji) => sending.react(entry, emoji),
};
const thread = new ThreadPanel({
  me, drawers, names,
  actions: {
    ...actions,
    edit: entry => {
      if (drawers.isNarrow) thread.close();
      sending.edit(entry);
    },
    remove: entry => {
      sending.send(null, { kind: 'delete', ref: entry.seq });
      thread.focus();
    },
    showReaders: entry => showReaders(current.room, entry).then(() => thread.focus(entry.seq)),
  },
  send: (text, seq) => sending.reply(text, seq),
  typing: () => current.room.typing(),
  limit: () => session.limits?.text_characters,
  leave: (seq, control) => log.focus(seq, control),
});
const log = new LogView({
  me,
  actions: {
    ...actions,
    edit: entry => sending.edit(entry),
    remove: entry => {
      sending.send(null, { kind: 'delete', ref: entry.seq });
      composer.focus();
    },
    // The thread of a reply is the thread of the message that it answers.
    reply: ({ seq, reply }) => thread.open(current, reply ?? seq, seq, null),
    showReaders: entry => showReaders(current.room, entry).then(() => log.focus(entry.seq)),
  },
  openThread: (seq, from, control) => thread.open(current, seq, from, control),
  takeBack: send => sending.takeBack(current, send),
  leave: () => composer.focus(),
});

session.on('state', now => {
  connection = now;
  showConnection();
});
session.on('room', room => hold(room));
addEventListener('offline', showConnection);
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') log.draw(); });
addEventListener('beforeunload', event => {
  // If unsent messages would be lost, make the browser ask the user before it closes the page.
  const waiting = [...session.rooms.values()].some(room => room.sends.some(each => each.status === 'pending'));
  if (waiting && !keptSends.keeps) event.preventDefault();
});
if (token === null) offerNewName(address);

document.getElementById('app').hidden = false;
paintAvatar(document.querySelector('.self .avatar'), me);
document.querySelector('.self-name').replaceChildren(nameElement(me));
// Open the store before the first room, so that unsent messages of an earlier tab are sent before new ones.
await store.open();
rememberedRooms.forgetOthers(await store.usersWithTabs());
const remembered = rememberedRooms.list;
const wanted = parseRoom(invite?.room ?? address.searchParams.get('room') ?? remembered[0]?.name ?? 'lobby').room ?? 'lobby';
// Open only the remembered rooms that the server's list of conversations does not contain. The page opens a room of
// that list when the user chooses it, or when the server adds the connection to it.
for (const { name, kind } of remembered.filter(({ listed }) => !listed)) {
  if (!conversations.has(name)) hold(session.resume(name, { last: ON_ENTRY, kind }));
}
open(wanted);
// If the user signed in with a token, the session is online already. Then the server may have added
// the connection to rooms before this line.
for (const room of session.rooms.values()) if (!conversations.has(room.name)) hold(room);
session.connect();
if (session.state === 'online') sidebar.refresh();
if (inQuery) notice(IN_QUERY);
if (invite) joinByLink({ invite, me, notice, room: current.room, join: link => enter(invite.room, 'group', link) });

/** Adds a room to the page: creates its conversation and subscribes to its events. */
function hold(room) {
  const conversation = new Conversation(room, me);
  conversations.set(room.name, conversation);
  conversation.on('change', () => {
    sidebar.drawSoon();
    if (conversation !== current) return;
    log.drawSoon();
    drawEntry();
    showConnection();
  });
  conversation.on('group', () => {
    if (conversation === current) showGroup();
    sidebar.drawSoon();
  });
  conversation.on('people', () => { if (conversation === current) showPeople(); });
  conversation.on('typing', () => { if (conversation === current) showTyping(); });
  conversation.on('notice', text => notice(text));
  conversation.on('refusedEdit', send => {
    if (conversation === current && composer.free) sending.takeBack(conversation, send);
  });
  keptSends.follow(room);
  room.on('unread', () => sidebar.drawSoon());
  rememberedRooms.add(room.name, room.kind);
  room.on('joined', () => {
    createdFor.delete(room);
    sidebar.answered(room.name, null);
    rememberedRooms.add(room.name, room.kind);
  });
  room.on('left', ({ reason }) => {
    if (reason === 'kicked' || reason === 'banned') expel(conversation, reason);
    else if (conversation === current) room.resume();
    else sidebar.refresh();
  });
  room.on('refused', error => {
    sidebar.answered(room.name, error);
    if (conversation === current) createIfOpen(room);
    if (isNotOurs(room)) rememberedRooms.remove(room.name);
  });
  sidebar.held(room.name);
  return conversation;
}

/**
 * Joins and shows a room whose name the user typed, or whose button the user clicked. If the room is a group, the user
 * becomes a member. `link` is the code of an invitation link.
 */
function enter(name, kind, link) {
  const room = session.join(name, { last: ON_ENTRY, kind, link });
  if (!conversations.has(name)) hold(room);
  open(name);
  drawEntry();
}

/** Shows a room. Unlike `enter`, this does not make the user a member of a group. */
function open(name) {
  const conversation = conversations.get(name) ?? hold(session.resume(name, { last: ON_ENTRY, kind: sidebar.kindOf(name) }));
  drawers.close();
  if (conversation !== current) {
    current?.show(false);
    current = conversation;
    current.show(true);
    address.searchParams.set('room', name);
    history.replaceState(null, '', address);
    thread.hide();
    composer.show('', drafts.open(name));
    notice('');
    log.show(current);
    showGroup();
    drawEntry();
    createdFor.delete(current.room);
    createIfOpen(current.room);
    current.room.resume();
    showPeople();
    showTyping();
    sidebar.opened(name);
    sidebar.draw();
    showConnection();
  }
  composer.focus();
}

/**
 * Creates the room that is shown, if it does not exist and can be a channel. The page does not ask the user first,
 * because nobody becomes a member of a channel. After a refusal, the page tries again only when the user opens the room
 * again.
 */
function createIfOpen(room) {
  if (!canBeCreated(room) || createdFor.has(room)) return;
  createdFor.add(room);
  room.enter({ kind: 'channel' });
}

/** Removes a room from the page. Its unsent messages are lost. */
function drop(name) {
  const conversation = conversations.get(name);
  if (!conversation) return;
  const { room } = conversation;
  conversations.delete(name);
  sidebar.dropped(name);
  room.discardAll();
  room.leave();
  rememberedRooms.remove(name);
  if (conversation === current) open(sidebar.next ?? 'lobby');
  sidebar.draw();
}

/** Removes a room from the page after another user ended this user's membership. */
function expel(conversation, reason) {
  const { name, title } = conversation.room;
  if (conversations.get(name) !== conversation) return;
  drop(name);
  notice(endedNotice(reason, titleOf(name, me, title)));
}

/** The title of the group that is shown. Until the user accepts an invitation, only the invitation has the title. */
function titleNow() {
  return current.room.title ?? sidebar.invitation(current.room.name)?.title;
}

/** Shows the title and the members of the room that is shown, and the user's rights in it. */
function showGroup() {
  const { name } = current.room;
  const title = titleNow();
  document.getElementById('room-name').replaceChildren(roomElement(name, me, title));
  composer.label(`Message ${isDirect(name) || isPrivate(name) || title ? titleOf(name, me, title) : `#${name}`}`);
  log.label();
  mute.watch(current.room);
  log.drawSoon();
}

function drawEntry() {
  if (current) entry.draw(current.room, sidebar.invitation(current.room.name));
}

function showPeople() {
  people.draw(current.people, current.room.count, current.knowsPresence);
}

function showTyping() {
  document.getElementById('typing').textContent = typingLine(current.typing);
}

function showConnection() {
  banner.show(connection, current?.repairing ?? false);
}

/** The names to offer after an `@`. */
function names() {
  return mentionable(current, Date.now()).filter(name => name !== me);
}

function notice(text) {
  (thread.isOpen && drawers.isNarrow ? threadNotice : noticeLine).show(text);
}
