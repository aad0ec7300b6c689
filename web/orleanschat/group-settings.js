/**
 * The actions that a group's settings can allow to its members and moderators. Reading is not one of them, because
 * every member may always read.
 * @type {import('./types.js').GroupAction[]}
 */
export const ACTIONS = ['write', 'react', 'invite', 'moderate', 'manage', 'pin'];

/**
 * Returns the settings of a group. Fields that the server did not send have their default values. Settings that a later
 * version of the server adds are included.
 * @param {string} room the group's name
 * @param {Partial<import('./types.js').GroupSettings> | null} given the settings as the server sent them; null if the
 *   group has the default settings
 * @returns {import('./types.js').GroupSettings}
 */
export function completeSettings(room, given) {
  return {
    ...given,
    // A name with `~` belongs to a group that `create` made. Such a group is always private.
    private: room.startsWith('~') || given?.private === true,
    members: given?.members ?? ['write', 'react', 'invite'],
    moderators: given?.moderators ?? ACTIONS,
  };
}
