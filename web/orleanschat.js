/**
 * The browser client of OrleansChat: plain ES modules, without a build step or dependencies.
 *
 *   const session = new Session({ url: 'wss://chat.example/ws', token: () => fetchToken() });
 *   const lobby = session.join('lobby', { last: 50 });
 *   lobby.on('event', event => console.log(event.seq, event.from, event.text));
 *   session.connect();
 *   await lobby.send('hello').done;      // resolves when the server has stored the message
 *
 * Call `join` only after an action of the user, such as a click: `join` creates the room if it does not exist, and
 * makes this user a member if the room is a group. To show the rooms of an earlier visit, call `session.resume(name)`:
 * it never creates a room, and never makes the user a member. After a refusal such as `not_member`, the client does not
 * try to enter the room again until the application calls `room.enter()`.
 *
 * The terms are those of the protocol:
 *   connection  one WebSocket; it sends and receives JSON objects and knows nothing about rooms
 *   session     the client of one user; it detects when a connection is dead, and reconnects
 *   room        a log of events with a cursor; each event is delivered once and in order, and each gap is reported
 *   event       an entry of a room's log, as the server sent it
 */

/** @typedef {import('./orleanschat/types.js').Limits} Limits */
/** @typedef {import('./orleanschat/types.js').SessionEvents} SessionEvents */
/** @typedef {import('./orleanschat/types.js').SessionOptions} SessionOptions */
/** @typedef {import('./orleanschat/types.js').SessionState} SessionState */
/** @typedef {import('./orleanschat/types.js').StateChange} StateChange */
/** @typedef {import('./orleanschat/types.js').ChatEvent} ChatEvent */
/** @typedef {import('./orleanschat/types.js').ConversationChanges} ConversationChanges */
/** @typedef {import('./orleanschat/types.js').Conversations} Conversations */
/** @typedef {import('./orleanschat/types.js').ConversationsQuery} ConversationsQuery */
/** @typedef {import('./orleanschat/types.js').GroupAction} GroupAction */
/** @typedef {import('./orleanschat/types.js').GroupChange} GroupChange */
/** @typedef {import('./orleanschat/types.js').GroupSettings} GroupSettings */
/** @typedef {import('./orleanschat/types.js').HistoryQuery} HistoryQuery */
/** @typedef {import('./orleanschat/types.js').LastEvent} LastEvent */
/** @typedef {import('./orleanschat/types.js').Listed} Listed */
/** @typedef {import('./orleanschat/types.js').Member} Member */
/** @typedef {import('./orleanschat/types.js').MemberRole} MemberRole */
/** @typedef {import('./orleanschat/types.js').Members} Members */
/** @typedef {import('./orleanschat/types.js').Page} Page */
/** @typedef {import('./orleanschat/types.js').Presence} Presence */
/** @typedef {import('./orleanschat/types.js').RoomEvents} RoomEvents */
/** @typedef {import('./orleanschat/types.js').Who} Who */
/** @typedef {import('./orleanschat/sends.js').KeptSend} KeptSend */
/** @typedef {import('./orleanschat/sends.js').Send} Send */
/** @typedef {import('./orleanschat/sends.js').SendCommand} SendCommand */

export { Session } from './orleanschat/session.js';
export { Room } from './orleanschat/room.js';
export { KeptSends } from './orleanschat/kept-sends.js';
export { FULL, KEPT, TabStore, UNAVAILABLE } from './orleanschat/tab-store.js';
export { ChatError } from './orleanschat/error.js';
export { ACTIONS } from './orleanschat/group-settings.js';
export { FOREVER } from './orleanschat/standing.js';
export { comesBack, replacedDelay, retryDelay, REPLACED, REPLACED_MAX, REPLACED_MIN, RETRY_MAX, RETRY_MIN } from './orleanschat/reconnect.js';
