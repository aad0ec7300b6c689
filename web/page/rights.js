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
 * Whether a mute or ban is in force.
 * @param {number | null | undefined} until when the mute or ban ends, in ms since 1970
 * @param {number} now
 */
export const inForce = (until, now) => (until ?? 0) > now;

/**
 * The actions that the page offers this user on a user of the group. The server decides whether an action is allowed.
 * @param {string | null} own this user's role
 * @param {string} me this user's id
 * @param {import('../orleanschat.js').Member} member
 * @param {{ owners: number, now: number }} context `owners`: number of owners of the group
 * @returns {Action[]}
 */
export function actionsOn(own, me, member, { owners, now }) {
  const actions = [];
  const self = member.user === me;
  // The server does not let the last owner take a lower role.
  if (own === 'owner' && isMember(member.role) && (!self || owners > 1)) {
    for (const role of ['owner', 'moderator', 'member']) if (role !== member.role) actions.push({ kind: 'role', role });
  }
  if (self || !outranks(own, member.role)) return actions;
  if (inForce(member.muted, now)) actions.push({ kind: 'unmute' });
  else if (isMember(member.role)) actions.push({ kind: 'mute' });
  if (member.role) actions.push({ kind: 'kick' });
  actions.push({ kind: inForce(member.banned, now) ? 'unban' : 'ban' });
  return actions;
}

/**
 * Whether this user may invite users to the group.
 * @param {{ role: string | null, mutedUntil: number }} room
 * @param {number} now
 */
export const mayInvite = ({ role, mutedUntil }, now) => isMember(role) && !inForce(mutedUntil, now);

/**
 * Whether this user may give the group another title.
 * @param {{ role: string | null, mutedUntil: number }} room
 * @param {number} now
 */
export const mayRename = ({ role, mutedUntil }, now) => moderates(role) && !inForce(mutedUntil, now);

/**
 * Whether this user may moderate another user: delete the other user's messages, and remove, mute and ban that user.
 * @param {string | null} own this user's role
 * @param {string | undefined} role the other user's role
 */
export const outranks = (own, role) => moderates(own) && rank(own) > rank(role);

function moderates(role) {
  return rank(role) >= RANK.moderator;
}
