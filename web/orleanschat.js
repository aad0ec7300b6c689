/**
 * The browser client of OrleansChat: plain ES modules, no build, no dependency.
 *
 *   const session = new Session({ url: 'wss://chat.example/ws', token: () => fetchToken() });
 *   const lobby = session.join('lobby', { last: 50 });
 *   lobby.on('event', event => console.log(event.seq, event.from, event.text));
 *   session.connect();
 *   await lobby.send('hello').done;      // resolves when the message is stored for ever
 *
 * The nouns are the protocol's own:
 *   connection  one socket; it knows frames and nothing of rooms (orleanschat/connection.js)
 *   session     one conversation with the service over as many connections as it takes; it comes back by itself
 *   room        a log of events with a cursor; every event once, in order, no silent hole
 *   event       an entry of a room's log, just as the server sent it
 */
export { Session } from './orleanschat/session.js';
export { Room } from './orleanschat/room.js';
export { ChatError } from './orleanschat/error.js';
export { comesBack, replacedDelay, retryDelay, REPLACED, REPLACED_MAX, REPLACED_MIN, RETRY_MAX, RETRY_MIN } from './orleanschat/reconnect.js';
