import { Emitter } from './emitter.js';

/** @typedef {import('./types.js').SessionEvents} SessionEvents */

/**
 * The commands about the user's own lists and settings. The subclass `Session` sends them.
 * @extends {Emitter<SessionEvents>}
 */
export class SessionCommands extends Emitter {
  /**
   * Lists the user's groups, the groups to which the user is invited, the user's direct conversations, and the channels
   * that the user follows. The conversation with the newest event is first.
   * @param {import('./types.js').ConversationsQuery} [page]
   * @returns {Promise<import('./types.js').Conversations>} rejects with a ChatError
   */
  conversations({ before, since, limit } = {}) {
    return this.request({ t: 'conversations', before: before?.ts, room: before?.room, since, limit });
  }

  /**
   * Changes this user's own settings of a conversation, for all devices of the user.
   * @param {string} room the room's name
   * @param {import('./types.js').ConversationChanges} changes
   * @returns {Promise<void>} rejects with a ChatError
   */
  async conversation(room, changes) {
    await this.request({ t: 'conversation', room, ...changes });
  }

  /**
   * Blocks a user: the server then refuses this user's messages in the direct conversation and this user's invitations,
   * and leaves out this user's mentions. This user cannot write in the direct conversation either.
   * @param {string} user a user id
   * @returns {Promise<void>} rejects with a ChatError; if it has `retry`, the block may be stored and not yet in effect
   */
  async block(user) {
    await this.request({ t: 'block', user });
  }

  /**
   * Ends a block.
   * @param {string} user a user id
   * @returns {Promise<void>} rejects with a ChatError
   */
  async unblock(user) {
    await this.request({ t: 'unblock', user });
  }

  /**
   * Lists the users whom this user has blocked.
   * @returns {Promise<string[]>} user ids, ordered; rejects with a ChatError
   */
  async blocks() {
    return (await this.request({ t: 'blocks' })).users;
  }

  /**
   * Sends a command that the server answers.
   * @abstract
   * @param {{ t: string, id?: string } & Record<string, any>} command
   * @returns {Promise<any>}
   */
  async request(command) {
    throw new Error(`nothing sends ${command.t}`);
  }
}
