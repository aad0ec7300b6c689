import { askForTitle, askToConfirm } from './dialogs.js';
import { questionOf } from './group-text.js';
import { inviteAddress } from './invite.js';
import { titleOf } from './names.js';

/**
 * The actions of the user on groups and their members. Before an action that is hard to undo, the page asks the user to
 * confirm the action.
 */
export class GroupActions {
  #parts;

  /**
   * @param {object} parts
   * @param {string} parts.me this user's id
   * @param {import('../orleanschat.js').Session} parts.session
   * @param {() => import('../orleanschat.js').Room} parts.room returns the room that is shown
   * @param {(room: import('../orleanschat.js').Room, kind: string, change: object) => boolean} parts.change sends a
   *   change; returns false if it was not sent
   * @param {(name: string) => void} parts.created called with the name of a new group
   * @param {(name: string) => void} parts.left called after the user's membership of a group has ended
   * @param {(text: string) => void} parts.notice
   */
  constructor(parts) {
    this.#parts = parts;
  }

  async create() {
    const { session, created, notice } = this.#parts;
    const title = await askForTitle({ heading: 'New private group', button: 'Create' });
    if (title === null) return;
    try {
      const { name } = await session.create({ title });
      created(name);
    } catch (error) {
      notice(`The group was not created: ${error.message}`);
    }
  }

  /** Invites a user to the group that is shown. Returns false if the invitation was not sent. */
  invite(user) {
    return this.#parts.change(this.#parts.room(), 'invite', { user });
  }

  /**
   * Makes an invitation link.
   * @param {import('../orleanschat.js').Room} room
   * @param {{ uses?: number, until?: number }} link
   * @returns {Promise<string>} the address of the page with the link's code; rejects with a ChatError
   */
  async link(room, link) {
    const { code } = await room.link(link);
    return inviteAddress(location.href, room.name, code);
  }

  /** Replaces the settings of the group that is shown. Returns false if they were not sent. */
  set(settings) {
    return this.#parts.change(this.#parts.room(), 'settings', { settings });
  }

  /** Asks for another title, and gives it to the group that is shown. */
  async rename() {
    const room = this.#parts.room();
    const title = await askForTitle({ heading: 'Rename the group', button: 'Rename', value: room.title });
    if (title !== null && title !== room.title) this.#parts.change(room, 'title', { title });
  }

  /**
   * Changes the rights of a user in the group that is shown.
   * @param {import('./rights.js').Action} action
   * @param {import('../orleanschat.js').Member} member
   */
  async act(action, member) {
    const { me, change } = this.#parts;
    const room = this.#parts.room();
    const question = questionOf(action, member, titleOf(room.name, me, room.title), me);
    const answer = question ? await askToConfirm(question) : {};
    if (answer) change(room, action.kind, { user: member.user, role: action.role, until: answer.until });
  }

  /** Asks for confirmation, and ends the user's membership of the group that is shown. */
  async leave() {
    const { me, left, notice } = this.#parts;
    const room = this.#parts.room();
    const title = titleOf(room.name, me, room.title);
    const answer = await askToConfirm({
      heading: `Leave ${title}?`, text: 'After this, you are not a member. To read and write again, you must join again.', button: 'Leave',
    });
    if (!answer) return;
    try {
      await room.leave({ membership: false });
      left(room.name);
      notice(`You left ${title}.`);
    } catch (error) {
      notice(`You did not leave ${title}: ${error.message}`);
    }
  }
}
