import { parseRoom } from './names.js';

const PREFIX = 'orleanschat.rooms:';

const KINDS = new Set(['channel', 'group', 'direct']);

/** Maximum number of remembered rooms. */
const MAX_ROOMS = 50;

/**
 * The rooms that a user had open. At the next visit, the page opens the rooms that the server's list of conversations
 * did not contain. All tabs of a user share the list; each tab adds and removes its own rooms. If the browser cannot
 * store anything, the list is empty.
 */
export class RememberedRooms {
  #key;
  #server;
  #storage;

  /**
   * @param {string} server
   * @param {string} user
   * @param {() => Storage} [storage] called for each access, because reading `localStorage` can throw
   */
  constructor(server, user, storage = () => localStorage) {
    this.#key = PREFIX + JSON.stringify([server, user]);
    this.#server = server;
    this.#storage = storage;
  }

  /**
   * The rooms, oldest first. `kind` is null if the room was never entered. `listed`: whether the server's list of
   * conversations contained the room.
   * @returns {{ name: string, kind: 'channel' | 'group' | 'direct' | null, listed: boolean }[]}
   */
  get list() {
    try {
      return JSON.parse(this.#storage().getItem(this.#key) ?? '[]')
        .filter(room => typeof room?.name === 'string' && parseRoom(room.name).room === room.name)
        .map(({ name, kind, listed }) => ({ name, kind: KINDS.has(kind) ? kind : null, listed: listed === true }))
        .slice(-MAX_ROOMS);
    } catch {
      return [];
    }
  }

  /**
   * Adds a room at the end of the list. If the list has the room already, sets only its kind.
   * @param {string} name
   * @param {'channel' | 'group' | 'direct' | null} [kind]
   */
  add(name, kind) {
    const { list } = this;
    const known = list.find(room => room.name === name);
    if (known && known.kind === (kind ?? known.kind)) return;
    if (known) known.kind = kind;
    else list.push({ name, kind, listed: false });
    this.#write(list.slice(-MAX_ROOMS));
  }

  /**
   * Marks the remembered rooms that are in the server's list of conversations. Adds no rooms.
   * @param {string[]} names the rooms in the server's list
   */
  listed(names) {
    const now = new Set(names);
    const { list } = this;
    if (list.every(({ name, listed }) => listed || !now.has(name))) return;
    this.#write(list.map(room => ({ ...room, listed: room.listed || now.has(room.name) })));
  }

  remove(name) {
    this.#write(this.list.filter(room => room.name !== name));
  }

  /**
   * Removes the lists of users who have no tab open, so that the next user of this browser cannot read them.
   * @param {Set<string>} here the users of this server who have a tab open
   */
  forgetOthers(here) {
    try {
      const storage = this.#storage();
      const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index));
      for (const key of keys.filter(key => key !== this.#key && key.startsWith('orleanschat.rooms'))) {
        const [server, user] = ownerOf(key);
        if (server === null || (server === this.#server && !here.has(user))) storage.removeItem(key);
      }
    } catch {
      // The storage is blocked, so there are no lists.
    }
  }

  #write(rooms) {
    try {
      this.#storage().setItem(this.#key, JSON.stringify(rooms));
    } catch {
      // The storage is blocked or full, so the next visit may open other rooms.
    }
  }
}

/**
 * Returns the server and the user that a key names. A key from an earlier version of the page names neither; both are
 * then null.
 */
function ownerOf(key) {
  try {
    return JSON.parse(key.slice(PREFIX.length));
  } catch {
    return [null, null];
  }
}
