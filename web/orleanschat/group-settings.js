/**
 * The actions that a group's settings allow to its members and moderators. Every member may read.
 * @type {import('./types.js').GroupAction[]}
 */
export const ACTIONS = ['write', 'react', 'invite', 'moderate', 'manage'];

/**
 * The settings of a group, completed with the defaults.
 * @param {string} room the group's name
 * @param {Partial<import('./types.js').GroupSettings> | null} given as the server sent them; null for the defaults
 * @returns {import('./types.js').GroupSettings}
 */
export function completeSettings(room, given) {
  return {
    // The server names only private groups with `~`. They stay private.
    private: room.startsWith('~') || given?.private === true,
    members: given?.members ?? ['write', 'react', 'invite'],
    moderators: given?.moderators ?? ACTIONS,
  };
}
