import { Emitter } from './emitter.js';
import { completeSettings } from './group-settings.js';

/** @typedef {import('./error.js').ChatError} ChatError */
/** @typedef {import('./types.js').RoomEvents} RoomEvents */

/**
 * The state of a room, as far as the client knows it. The subclass `Room` adds the methods that applications call.
 * @extends {Emitter<RoomEvents>}
 */
export class RoomState extends Emitter {
  /**
   * The room's name as this user sees it: `lobby`, or `@bob`.
   * @type {string}
   */
  name;
  /** The object that delivers the room's events. Applications do not use this field. */
  subscription;

  /**
   * The kind of the room; null until it is known.
   * @returns {'channel' | 'group' | 'direct' | null}
   */
  get kind() {
    return this.subscription.kind;
  }

  /**
   * The cursor: the sequence up to which the client has delivered events or reported gaps. Null before the first
   * `joined`.
   * @returns {number | null}
   */
  get seq() {
    return this.subscription.seq;
  }

  /**
   * The epoch of the cursor. Null before the first `joined`.
   * @returns {string | null}
   */
  get epoch() {
    return this.subscription.epoch;
  }

  /**
   * The newest sequence that this client knows of.
   * @returns {number}
   */
  get head() {
    return this.subscription.head;
  }

  /**
   * Number of users in the room now. If an answer to `who` gave the application a newer number, the application may set
   * it.
   * @returns {number}
   */
  get count() {
    return this.subscription.count;
  }

  set count(count) {
    this.subscription.count = count;
  }

  /**
   * Whether the current connection delivers the room's events.
   * @returns {boolean}
   */
  get attached() {
    return this.subscription.attached;
  }

  /**
   * Whether the server removed the connection from this room because the connection has too many rooms. The room's
   * next event, or `resume`, adds the connection again.
   * @returns {boolean}
   */
  get displaced() {
    return this.subscription.displaced;
  }

  /**
   * Why the server refused the room; null if the room is not refused. While the connection lasts, the room stays
   * refused until the application calls `enter`, or the server itself adds the connection to the room.
   * @returns {ChatError | null}
   */
  get refusal() {
    return this.subscription.refusal;
  }

  /**
   * The cursor to resume from. Null if there is none yet, if the room is refused, or if a join is pending.
   * @returns {{ seq: number, epoch: string | null } | null}
   */
  get cursor() {
    return this.subscription.cursor;
  }

  /**
   * The sends of this user whose events have not arrived yet, oldest first.
   * @returns {import('./sends.js').Send[]}
   */
  get sends() {
    return this.subscription.sends.list;
  }

  /**
   * This user's read mark: the sequence up to which the user has read.
   * @returns {number}
   */
  get read() {
    return this.subscription.mark.read;
  }

  /**
   * Number of unread messages of other users: the server's count, plus the messages that arrived after that count.
   * @returns {number}
   */
  get unread() {
    return this.subscription.mark.unread;
  }

  /**
   * How many of the unread messages mention this user or everyone.
   * @returns {number}
   */
  get mentions() {
    return this.subscription.mark.mentions;
  }

  /**
   * This user's role in a group; null if the user is not a member, or if the role is not known.
   * @returns {import('./types.js').MemberRole | 'invited' | null}
   */
  get role() {
    return this.subscription.standing.role;
  }

  /**
   * The title of a group; null if it has none, or if it is not known.
   * @returns {string | null}
   */
  get title() {
    return this.subscription.standing.title;
  }

  /**
   * What the members and moderators of a group may do; null in other rooms.
   * @returns {import('./types.js').GroupSettings | null}
   */
  get settings() {
    return this.kind === 'group' ? completeSettings(this.name, this.subscription.standing.settings) : null;
  }

  /**
   * When this user's mute ends, in ms since 1970; `FOREVER` if it has no end; 0 if the user is not muted. The client
   * learns the value from events, and from an answer to `members` that contains this user.
   * @returns {number}
   */
  get mutedUntil() {
    return this.subscription.standing.mutedUntil;
  }
}
