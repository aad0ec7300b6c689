import { ChatError } from './error.js';

/**
 * The end of a mute or ban that has no end: the greatest integer that every JSON parser reads exactly (RFC 8259
 * §6).
 */
export const FOREVER = Number.MAX_SAFE_INTEGER;

/** This user's rights in a group, and the group's title and settings. Events and answers of the server change them. */
export class Standing {
  /**
   * The user's role; null if the user has no role, or if the role is not known.
   * @type {import('./types.js').MemberRole | 'invited' | null}
   */
  role = null;
  /** @type {string | null} */
  title = null;
  /**
   * The group's settings as the server sent them; null for the defaults.
   * @type {Partial<import('./types.js').GroupSettings> | null}
   */
  settings = null;
  /** When the user's mute ends, in ms since 1970; 0 if the user is not muted. */
  mutedUntil = 0;
  /** Number of events that changed this user's rights. `expectMembers` compares it, to find an outdated page. */
  #changes = 0;

  /** Copies the role and the title from an entry of the list of conversations, which contains no settings. */
  take({ role, title }) {
    this.role = role ?? null;
    this.title = title ?? null;
  }

  /** Copies the role, the title and the settings from a `joined`. */
  joined(frame) {
    this.take(frame);
    this.settings = frame.settings ?? null;
  }

  /**
   * Changes this state as an event of the room says.
   * @param {import('./types.js').ChatEvent} event
   * @param {string | null} me this user's id
   * @param {boolean} isNew false if the state in the last `joined` reflects this event already. An event that is not
   *   new changes only `mutedUntil`, because `joined` does not contain this value
   * @returns {boolean} whether something changed
   */
  apply({ kind, from, user, role, until, text, settings }, me, isNew) {
    const before = this.#state;
    if (kind === 'title' && isNew) this.title = text ?? null;
    if (kind === 'settings' && isNew) this.settings = settings ?? null;
    if (user === me) {
      this.#changes++;
      if (kind === 'mute') this.mutedUntil = until ?? FOREVER;
      if (kind === 'unmute') this.mutedUntil = 0;
      if (kind === 'role' && isNew) this.role = role ?? this.role;
    }
    if (isNew && endOf({ kind, from, user }, me)) this.role = null;
    return this.#differs(before);
  }

  /**
   * Call this method before a `members` command. It returns a function that copies this user's role and mute from the
   * page of members. The function ignores the page if an event has changed the user's rights since this call, because
   * the page may be older than that event.
   * @param {string | null} me this user's id
   * @returns {(page: import('./types.js').Members) => boolean} the function; it returns whether something changed
   */
  expectMembers(me) {
    const changes = this.#changes;
    return ({ members }) => {
      const own = members.find(({ user }) => user === me);
      if (!own || changes !== this.#changes) return false;
      const before = this.#state;
      this.role = own.role ?? null;
      this.mutedUntil = own.muted ?? 0;
      return this.#differs(before);
    };
  }

  get #state() {
    return [this.role, this.title, this.settings, this.mutedUntil];
  }

  #differs(before) {
    return this.#state.some((value, index) => value !== before[index]);
  }
}

const REMOVED = () => new ChatError('not_member', 'You were removed from this group.');
const BANNED = () => new ChatError('forbidden', 'You are banned from this group.');

/**
 * Returns the error with which the client marks the room as refused, if an event ends this user's membership.
 * @param {import('./types.js').ChatEvent} event
 * @param {string | null} me this user's id
 * @returns {ChatError | null} null if the event does not end the membership
 */
export function endOf({ kind, from, user }, me) {
  if (kind === 'leave' && from === me) return new ChatError('not_member', 'You are not a member of this group.');
  if (user !== me) return null;
  return kind === 'kick' ? REMOVED() : kind === 'ban' ? BANNED() : null;
}

/**
 * Returns the error with which the client marks the room as refused, if a `left` with this reason ends the membership.
 * @param {string} reason
 * @returns {ChatError | null} null if the membership continues
 */
export function endOfReason(reason) {
  return reason === 'kicked' ? REMOVED() : reason === 'banned' ? BANNED() : null;
}
