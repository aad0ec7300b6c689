/**
 * The actions that a group's settings can allow to its members and moderators. Reading is not one of them, because
 * every member may always read.
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
    // A name with `~` belongs to a group that `create` made. Such a group is always private.
    private: room.startsWith('~') || given?.private === true,
    members: given?.members ?? ['write', 'react', 'invite'],
    moderators: given?.moderators ?? ACTIONS,
  };
}
