/**
 * The types of the objects that the server sends, of the events of a session and of a room, and of a session's options.
 * This file has no code.
 */

/** @typedef {import('./error.js').ChatError} ChatError */

/**
 * The limits of the service, as `welcome` names them. The section "Limits" of docs/protocol.md describes each limit.
 * @typedef {object} Limits
 * @property {number} [frame_bytes]
 * @property {number} [text_characters]
 * @property {number} [text_bytes]
 * @property {number} [meta_bytes]
 * @property {number} [rooms_per_connection]
 * @property {number} [commands_per_frame]
 * @property {number} [sends_per_second]
 * @property {number} [send_burst]
 * @property {number} [connections_per_user]
 * @property {number} [history_events]
 * @property {number} [replay_events]
 */

/**
 * The role of a member of a group.
 * @typedef {'owner' | 'moderator' | 'member'} MemberRole
 */

/**
 * An action that a group's settings can allow. `write`: messages, edits and `typing`; `react`: reactions; `invite`:
 * invitations and invitation links; `moderate`: removals, bans, mutes and deletions, only for users of a lower role, and
 * mentions of everyone; `manage`: changes of the title; `pin`: pinned messages.
 * @typedef {'write' | 'react' | 'invite' | 'moderate' | 'manage' | 'pin'} GroupAction
 */

/**
 * The settings of a group. Every member may read the group, and an owner may do everything.
 * @typedef {object} GroupSettings
 * @property {boolean} private whether only invited users can join
 * @property {GroupAction[]} members the actions of a member
 * @property {GroupAction[]} moderators the actions of a moderator
 * @property {number} [slow] slow mode: a user who may not moderate can send one message per this number of seconds;
 *   absent if slow mode is off
 */

/**
 * What a call of `room.change` changes in a group.
 * @typedef {object} GroupChange
 * @property {string} [user] required for all kinds except `title` and `settings`
 * @property {MemberRole} [role] required for `role`
 * @property {number} [until] when the `ban` or `mute` ends, in ms since 1970; by default it has no end
 * @property {string} [title] required for `title`: 1 to 100 characters
 * @property {GroupSettings} [settings] required for `settings`: replaces all settings of the group
 */

/**
 * An event of a room's log, as the server sent it.
 * @typedef {object} ChatEvent
 * @property {'ev'} [t]
 * @property {string} [id] the client id of the send; only on this user's own events
 * @property {string} [room]
 * @property {number} seq
 * @property {number} ts ms since 1970
 * @property {string} from user id of the sender; `@system` for events of the server
 * @property {string} kind `msg`, `edit`, `delete`, `react`, `unreact`, `join`, `leave`, `invite`, `kick`, `ban`,
 *   `unban`, `mute`, `unmute`, `role`, `title`, `settings`, `link`, `unlink`, `pin`, `unpin`, or a kind that a later
 *   version adds
 * @property {string} [text] the text of a message or an edit; for `react` and `unreact`, the emoji; for `title`, the
 *   group's title
 * @property {number} [ref] sequence of the message that this event changes; for `unlink`, and for a `join` by an
 *   invitation link: sequence of the event `link`
 * @property {number} [reply] sequence of the message that this message answers
 * @property {number} [replies] only in a page of history: how many messages answer this message, up to 100; absent if
 *   none does
 * @property {string} [user] for the kinds from `invite` to `role` above: the user whose rights this event changes
 * @property {MemberRole} [role] with `role`: the user's new role
 * @property {number} [until] when the `ban`, the `mute` or the `link` ends, in ms since 1970; absent if it has no end
 * @property {number} [uses] with `link`: how many users can join by the link; absent if there is no limit
 * @property {GroupSettings} [settings] with `settings`: the group's new settings
 * @property {object} [meta]
 * @property {string[]} [mentions] with `msg`: the user ids that the message mentions, or `@everyone`
 * @property {boolean} [edited] whether the message was edited
 */

/**
 * Which events a page of history contains. Give at most one of `before`, `after` and `around`.
 * @typedef {object} HistoryQuery
 * @property {number} [before] the newest events below this sequence
 * @property {number} [after] the oldest events above this sequence
 * @property {number} [around] the events around this sequence; not with `thread`
 * @property {number} [thread] only the messages that answer the message with this sequence
 * @property {number} [limit] maximum number of events; at most the service's limit `history_events`
 */

/**
 * A page of history.
 * @typedef {object} Page
 * @property {ChatEvent[]} events in ascending order
 * @property {number} first sequence of the first event; 0 if the page is empty
 * @property {number} last sequence of the last event; 0 if the page is empty
 * @property {boolean} [more] whether there are more events (with `thread`, more replies): newer ones if `after` was
 *   given, else older ones
 */

/**
 * The users in a room.
 * @typedef {object} Who
 * @property {number} count
 * @property {string[]} [users] absent if the room has too many users
 */

/**
 * A user who is a member of a group, or who is invited, muted or banned.
 * @typedef {object} Member
 * @property {string} user
 * @property {MemberRole | 'invited'} [role] absent if the user is neither a member nor invited
 * @property {number} [muted] when the mute ends, in ms since 1970; `FOREVER` if it has no end; absent if the user is
 *   not muted
 * @property {number} [banned] when the ban ends; the values have the same meaning as those of `muted`
 */

/**
 * A page of a group's members.
 * @typedef {object} Members
 * @property {Member[]} members ordered by user id
 * @property {boolean} [more] whether there are more users
 */

/**
 * The users who have read a message.
 * @typedef {object} Readers
 * @property {number} ref sequence of the message
 * @property {string[]} users up to 100 user ids, ordered, without the author of the message
 * @property {boolean} [more] whether more users have read the message
 */

/**
 * A report of a message.
 * @typedef {object} Report
 * @property {number} ref sequence of the message
 * @property {string} from the author of the message
 * @property {string} user the user who reported the message
 * @property {number} ts when, in ms since 1970
 * @property {string} [text] the reason
 */

/**
 * The newest reports of a room, newest first.
 * @typedef {object} Reports
 * @property {Report[]} reports
 * @property {boolean} [more] whether there are older reports
 */

/**
 * The newest event of a conversation.
 * @typedef {object} LastEvent
 * @property {number} seq
 * @property {number} ts ms since 1970
 * @property {string} from user id of the sender; `@system` for events of the server
 * @property {string} kind the kind of the event, as in `ChatEvent`
 * @property {string} [text] the first 200 characters of the event's text
 * @property {string} [user] the user whose rights the event changes
 */

/**
 * An entry of the user's list of conversations. `muted`, `pinned`, `archived` and `followed` are the user's own
 * settings. Other users do not see them.
 * @typedef {object} Listed
 * @property {string} room
 * @property {'channel' | 'group' | 'direct'} kind
 * @property {number} seq the room's newest sequence
 * @property {number} ts time of the newest event, in ms since 1970; 0 if there is none
 * @property {number} read
 * @property {number} unread number of messages after `read` that other users sent, without deleted ones. The server counts
 *   only the newest 1,000 events of the room
 * @property {number} [mentions] how many of them mention the user or everyone; absent if there are none
 * @property {boolean} [unread_more] true if there may be more unread messages than the server has counted
 * @property {MemberRole | 'invited'} [role] for groups
 * @property {string} [title]
 * @property {LastEvent} [last] absent if there is no event, or if the user is only invited
 * @property {number} [muted] until when the application shows no notifications, in ms since 1970; `FOREVER` if the mute
 *   has no end; absent if the conversation is not muted
 * @property {boolean} [pinned]
 * @property {boolean} [archived]
 * @property {boolean} [followed] whether the user follows the channel
 */

/**
 * Which part of the user's list of conversations is read. Give at most one of `before` and `since`; without them, the
 * first page is read.
 * @typedef {object} ConversationsQuery
 * @property {{ ts: number, room: string }} [before] the last conversation of the previous page
 * @property {string} [since] the cursor of an earlier answer: only what has changed since then is read
 * @property {number} [limit] maximum number of conversations; at most 100, which is the default
 */

/**
 * A page of the user's list of conversations, or what has changed since a cursor.
 * @typedef {object} Conversations
 * @property {Listed[]} rooms
 * @property {boolean} [more] whether there are more conversations
 * @property {string} [cursor] for `since` in a later query
 * @property {string[]} [removed] the rooms that are no longer in the list; only with `since`
 * @property {boolean} [reset] true if the answer to `since` is a new list: discard the earlier one
 */

/**
 * A change of the user's own settings of a conversation. A setting that is absent stays as it is.
 * @typedef {object} ConversationChanges
 * @property {boolean} [pinned]
 * @property {boolean} [archived]
 * @property {number} [muted] as in `Listed`; 0 ends the mute
 * @property {boolean} [hidden] true removes the conversation from the list until its next event; false adds it again
 * @property {boolean} [followed] whether the list contains the room; only for channels
 */

/**
 * A change of the users in a room.
 * @typedef {object} Presence
 * @property {string} room
 * @property {number} count
 * @property {string} [user] absent if only the count changed
 * @property {boolean} [online] true if the user entered the room, false if the user left it
 */

/**
 * The events that a room emits.
 * @typedef {object} RoomEvents
 * @property {{ reset: boolean, first: boolean }} joined delivery of the room's events starts on this connection.
 *   `reset` is true if the cursor was no longer valid; `first` is true if the room had no cursor before
 * @property {{ reason: string }} left the server removed the connection from the room: `displaced` if the
 *   connection has too many rooms, `kicked` or `banned` if another user ended the membership
 * @property {undefined} standing `role`, `title`, `settings` or `mutedUntil` changed
 * @property {undefined} reset the room has a new log: discard every event of the room that you have
 * @property {ChatEvent} event an event of the room: each event once, in ascending order
 * @property {{ from: number, to: number }} gap the events `from` to `to`, both included, are not delivered; history may
 *   have them
 * @property {boolean} repairing true when the client begins to read missing events from history, false when it ends
 * @property {import('./sends.js').Send} send a send changed
 * @property {Presence} presence
 * @property {{ room: string, user: string }} typing
 * @property {undefined} unread `unread` or `mentions` may have changed
 * @property {ChatError} refused the server refused the room; if the error is `passing`, the client itself requests the
 *   room again later
 */

/**
 * The options of a session.
 * @typedef {object} SessionOptions
 * @property {string} url the URL of the WebSocket: `wss://host/ws`
 * @property {string} [user] a user id that the server does not check; only for servers in development mode
 * @property {string | (() => string | Promise<string>)} [token] a token, or a function that returns one. The session
 *   calls the function for every connection, so the function can return a fresh token
 * @property {string} [device] a name for this installation: a newer connection of the same user and device replaces an
 *   older one. By default a new name for each session
 * @property {number} [maxFill] widest gap that a room fills from history, in events; by default 1000
 * @property {new (url: string, protocols: string[]) => WebSocket} [WebSocket]
 * @property {import('./clock.js').Clock} [clock]
 * @property {() => number} [random] returns a number from 0 to 1
 * @property {(listener: () => void) => () => void} [wake] subscribes a listener, which is then called whenever the
 *   connection should be checked. Returns the function that unsubscribes the listener. By default `onWake`
 */

/**
 * `idle` before `connect`; `waiting` before the next reconnect; `ended` if the session does not reconnect.
 * @typedef {'idle' | 'connecting' | 'online' | 'waiting' | 'ended'} SessionState
 */

/**
 * A change of a session's state.
 * @typedef {object} StateChange
 * @property {SessionState} state
 * @property {number} [code] the close code; only with `waiting` and `ended`
 * @property {string} [reason] why the connection closed, or an empty string; only with `waiting` and `ended`
 * @property {number} [retryAt] time of the next reconnect, in ms since 1970; only with `waiting`
 */

/**
 * The events that a session emits.
 * @typedef {object} SessionEvents
 * @property {StateChange} state
 * @property {import('./room.js').Room} room the server added this connection to a room, for example because somebody
 *   wrote to this user or because `create` made the room
 * @property {{ room: string, title?: string }} invited another user invited this user to a group. To accept, call
 *   `join`
 * @property {{ room: string, reason: string }} left the server removed the connection from a room that the session does
 *   not have
 * @property {{ room: string }} conversation this user's settings of a conversation changed on another connection. To
 *   read the change, call `conversations`. The server sends this only after an earlier call of `conversations`
 * @property {Error} fault for developers: a line that is not JSON, an `err` that answers no command, or a failed token
 *   callback
 */

export {};
