import { FOREVER } from '../orleanschat.js';

/** Number of users per `members` command. */
const PAGE = 200;

/** Maximum number of users of a group that the page reads. */
export const MAX_MEMBERS = 1000;

const ORDER = ['owner', 'moderator', 'member', 'invited', undefined];

/**
 * Whether a user with this role is a member. An invited user is not a member.
 * @param {string | null | undefined} role
 */
export const isMember = role => role === 'owner' || role === 'moderator' || role === 'member';

/**
 * The members of a group, and the users who are invited, muted or banned. The page reads the list when the room is
 * shown or joined, and after a gap. Between two reads, the group's events change the list.
 */
export class MemberList {
  #room;
  #changed;
  #rows = new Map();
  /** For each unfinished read: the events that arrived after it began. */
  #reads = new Set();

  /** Whether the list has been read. */
  known = false;
  /** Whether the group has more users than the page reads. */
  partial = false;

  /**
   * @param {{ members: (query: object) => Promise<import('../orleanschat.js').Members> }} room
   * @param {() => void} changed
   */
  constructor(room, changed) {
    this.#room = room;
    this.#changed = changed;
  }

  /**
   * The users: owners first, then moderators, members, invited users and the others.
   * @returns {import('../orleanschat.js').Member[]}
   */
  get all() {
    return [...this.#rows.values()].sort((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role) || a.user.localeCompare(b.user));
  }

  /**
   * @param {string} user
   * @returns {string | undefined} undefined if the user has no role, or if the list does not have the user
   */
  roleOf(user) {
    return this.#rows.get(user)?.role;
  }

  /** Reads the list. If a read fails, the list keeps its state until the next read. */
  async read() {
    const since = [];
    this.#reads.add(since);
    try {
      const rows = [];
      let page;
      do {
        page = await this.#room.members({ after: rows.at(-1)?.user, limit: PAGE });
        rows.push(...page.members);
      } while (page.more && page.members.length > 0 && rows.length < MAX_MEMBERS);
      this.#rows = new Map(rows.map(row => [row.user, row]));
      this.known = true;
      this.partial = page.more === true;
      // Events that arrived since the read began may be newer than its pages, so apply them to the result.
      for (const event of since) this.#apply(event);
      this.#changed();
    } catch {
      // The read failed. The page reads the list again when the room is shown or attached again.
    } finally {
      this.#reads.delete(since);
    }
  }

  /**
   * Applies an event of the group.
   * @param {import('../orleanschat.js').ChatEvent} event
   */
  apply(event) {
    for (const since of this.#reads) since.push(event);
    if (this.known && this.#apply(event)) this.#changed();
  }

  /**
   * Applies an event by the same rules as the server. Returns false if an event of this kind cannot change the
   * list.
   */
  #apply({ kind, from, user, role, until, seq }) {
    const name = kind === 'join' || kind === 'leave' ? from : user;
    if (name === undefined) return false;
    const row = { ...this.#rows.get(name), user: name };
    switch (kind) {
      case 'join':
        if (!isMember(row.role)) row.role = seq === 1 ? 'owner' : 'member';
        break;
      case 'invite':
        if (!isMember(row.role)) row.role = 'invited';
        break;
      case 'leave':
      case 'kick':
        delete row.role;
        break;
      case 'ban':
        delete row.role;
        row.banned = until ?? FOREVER;
        break;
      case 'unban':
        delete row.banned;
        break;
      case 'mute':
        row.muted = until ?? FOREVER;
        break;
      case 'unmute':
        delete row.muted;
        break;
      case 'role':
        if (isMember(row.role)) row.role = role;
        break;
      default:
        return false;
    }
    if (row.role || row.muted || row.banned) this.#rows.set(name, row);
    else this.#rows.delete(name);
    return true;
  }
}
