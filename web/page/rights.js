import { completeSettings } from '../orleanschat/group-settings.js';
import { isMember } from './members.js';

/** A role with a higher number has more rights. A user without a role has 0. */
const RANK = { owner: 3, moderator: 2, member: 1 };

const rank = role => RANK[role] ?? 0;

/**
 * An action on a user of a group.
 * @typedef {object} Action
 * @property {'role' | 'mute' | 'unmute' | 'kick' | 'ban' | 'unban'} kind
 * @property {string} [role] the new role; only with the kind `role`
 */

/**
 * The state of a room that determines this user's rights in it.
 * @typedef {object} Standing
 * @property {string | null} role this user's role
 * @property {import('../orleanschat.js').GroupSettings | null} [settings] the group's settings; null for the defaults
 * @property {number} [mutedUntil] when this user's mute ends, in ms since 1970; 0 if the user is not muted
 */

/**
 * Whether a mute or ban is in force.
 * @param {number | null | undefined} until when the mute or ban ends, in ms since 1970
 * @param {number} now
 */
export const inForce = (until, now) => (until ?? 0) > now;

/**
 * Whether a group's settings allow an action to this user's role.
 * @param {Standing} room
 * @param {import('../orleanschat.js').GroupAction} action
 */
export function allows({ role, settings }, action) {
  const { members, moderators } = settings ?? completeSettings('', null);
  return role === 'owner' || (role === 'moderator' && moderators.includes(action)) || (role === 'member' && members.includes(action));
}

/**
 * The actions that the page offers this user on a user of the group. The server decides whether an action is allowed.
 * @param {Standing} room
 * @param {string} me this user's id
 * @param {import('../orleanschat.js').Member} member
 * @param {{ owners: number, now: number }} context `owners`: number of owners of the group
 * @returns {Action[]}
 */
export function actionsOn(room, me, member, { owners, now }) {
  const actions = [];
  const self = member.user === me;
  // The server does not let the last owner take a lower role.
  if (room.role === 'owner' && isMember(member.role) && (!self || owners > 1)) {
    for (const role of ['owner', 'moderator', 'member']) if (role !== member.role) actions.push({ kind: 'role', role });
  }
  if (self || !outranks(room, member.role)) return actions;
  if (inForce(member.muted, now)) actions.push({ kind: 'unmute' });
  else if (isMember(member.role)) actions.push({ kind: 'mute' });
  if (member.role) actions.push({ kind: 'kick' });
  actions.push({ kind: inForce(member.banned, now) ? 'unban' : 'ban' });
  return actions;
}

/**
 * Whether this user may write messages. Also true if the user has no role, because the server then decides.
 * @param {Standing} room
 * @param {number} now
 */
export const mayWrite = (room, now) => mayInRoom(room, 'write', now);

/**
 * Whether this user may add and remove reactions. Also true if the user has no role.
 * @param {Standing} room
 * @param {number} now
 */
export const mayReact = (room, now) => mayInRoom(room, 'react', now);

/**
 * Whether this user may invite users to the group, and make invitation links.
 * @param {Standing} room
 * @param {number} now
 */
export const mayInvite = (room, now) => allows(room, 'invite') && !inForce(room.mutedUntil, now);

/**
 * Whether this user may give the group another title.
 * @param {Standing} room
 * @param {number} now
 */
export const mayRename = (room, now) => allows(room, 'manage') && !inForce(room.mutedUntil, now);

/**
 * Whether this user may change the group's settings.
 * @param {Standing} room
 * @param {number} now
 */
export const maySet = ({ role, mutedUntil }, now) => role === 'owner' && !inForce(mutedUntil, now);

/**
 * Whether this user may moderate another user: delete the other user's messages, and remove, mute and ban that user.
 * @param {Standing} room
 * @param {string | undefined} role the other user's role
 */
export const outranks = (room, role) => allows(room, 'moderate') && rank(room.role) > rank(role);

/**
 * Whether this user may mention everyone in the room. The page does not know the rights that a token grants, so it
 * offers this only in groups.
 * @param {Standing & { kind: string | null }} room
 * @param {number} now
 */
export const mayMentionEveryone = (room, now) => room.kind === 'group' && allows(room, 'moderate') && !inForce(room.mutedUntil, now);

function mayInRoom(room, action, now) {
  return !inForce(room.mutedUntil, now) && (!isMember(room.role) || allows(room, action));
}
