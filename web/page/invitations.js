/** Maximum number of invitations that the page shows. */
const MAX_INVITATIONS = 100;

/** The groups to which other users invited this user. */
export class Invitations {
  #titles = new Map();
  /** The groups whose invitation the user clicked, and for which the server has not answered yet. */
  #accepted = new Set();

  /** The invitations, newest first. */
  get all() {
    return [...this.#titles].map(([name, title]) => ({ name, title })).reverse();
  }

  /**
   * @param {string} name the name of the group
   * @returns {{ title: string | null } | null} null if the user is not invited to the group
   */
  get(name) {
    return this.#titles.has(name) ? { title: this.#titles.get(name) } : null;
  }

  /**
   * Adds an invitation. If there are more than 100 invitations, the page drops the oldest one. The server keeps all
   * invitations.
   * @param {string} name
   * @param {string | null} [title]
   */
  add(name, title = null) {
    this.#titles.delete(name);
    this.#titles.set(name, title);
    if (this.#titles.size > MAX_INVITATIONS) this.#titles.delete(this.#titles.keys().next().value);
  }

  /** Records that the user clicked an invitation. The invitation stays until the server answers. */
  accept(name) {
    this.#accepted.add(name);
  }

  /**
   * Processes the server's answer to a join or a resume.
   * @param {string} name the name of the group
   * @param {{ code: string } | null} refusal null if the server sent `joined`
   * @returns {boolean} whether an invitation ended
   */
  answered(name, refusal) {
    const accepted = this.#accepted.delete(name);
    // If the server refuses the join of an invited user as `not_found`, the invitation was withdrawn.
    const ended = refusal === null || (accepted && refusal.code === 'not_found');
    return ended && this.#titles.delete(name);
  }

  /** Removes an invitation that the server does not list any more. */
  remove(name) {
    this.#titles.delete(name);
  }

  /**
   * Updates the invitations from the list of conversations.
   * @param {import('../orleanschat.js').Listed[]} entries newest first
   * @param {boolean} whole whether `entries` has all conversations of the user. If so, all other invitations are
   *   removed
   */
  listed(entries, whole) {
    const invited = entries.filter(({ role }) => role === 'invited');
    if (whole) this.#titles.clear();
    else for (const { room, role } of entries) if (role !== 'invited') this.#titles.delete(room);
    for (const { room, title } of invited.reverse()) this.add(room, title);
  }
}
