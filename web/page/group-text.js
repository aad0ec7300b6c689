import { FOREVER } from '../orleanschat.js';
import { isMember } from './members.js';
import { allows, inForce } from './rights.js';
import { nameInText, titleInText } from './names.js';
import { countOf, dayKey, momentOf, timeOf } from './text.js';

/** The sentences about groups, their members and their rights. */

const ROLES = { owner: 'owner', moderator: 'moderator', member: 'member', invited: 'invited' };

const A_ROLE = { owner: 'an owner', moderator: 'a moderator', member: 'a member' };

const DONE = {
  invite: 'invited', kick: 'removed', ban: 'banned', unban: 'lifted the ban of', mute: 'muted', unmute: 'unmuted',
};

/** The kinds of events, besides messages, for which the conversation shows a line. */
export const CHANGES = new Set(['join', 'leave', 'role', 'title', 'settings', 'link', 'unlink', ...Object.keys(DONE)]);

/** The words for an action in the sentence about a group's settings. */
const MAY = { write: 'write', react: 'react', invite: 'invite', moderate: 'moderate', manage: 'rename the group' };

/** The labels of the actions in the form of a group's settings. */
export const ACTION_LABELS = {
  write: 'Write messages',
  react: 'React to messages',
  invite: 'Invite people',
  moderate: 'Moderate: remove, ban and mute people of lower roles, delete their messages, and mention everyone',
  manage: 'Rename the group',
};

/**
 * The last words of a sentence about a mute, a ban or a link: " until 14:05". Empty if there is no end.
 * @param {number | undefined} until ms since 1970
 * @param {number} [now]
 */
export function untilText(until, now = Date.now()) {
  if (until === undefined || until >= FOREVER) return '';
  // A `Date` cannot hold more than 8.64e15 ms, so a later end counts as no end.
  if (until > 8.64e15) return '';
  return ` until ${dayKey(until) === dayKey(now) ? timeOf(until) : momentOf(until)}`;
}

/**
 * The line that the conversation shows for a change of a group: "ann removed bob".
 * @param {Partial<import('../orleanschat.js').ChatEvent>} event
 * @param {string} me this user's id
 * @returns {string}
 */
export function changeLine({ kind, from, text, user, role, until, ref, uses, settings }, me) {
  // No user id begins with @, so `@system` is the server.
  const actor = from === me ? 'You' : from === '@system' ? 'The server' : nameInText(from);
  const target = user === me ? (from === me ? 'yourself' : 'you') : nameInText(user ?? '');
  switch (kind) {
    case 'join':
      return `${actor} joined the group${ref ? ' with an invitation link' : ''}`;
    case 'leave':
      return `${actor} left the group`;
    case 'title':
      return `${actor} named the group ${titleInText(text)}`;
    case 'role':
      // In the list of conversations, an event has no `role`.
      return role ? `${actor} made ${target} ${A_ROLE[role] ?? 'a member with another role'}` : `${actor} changed the role of ${target}`;
    case 'settings':
      return `${actor} changed the settings of the group${settings ? `: ${settingsText(settings)}` : ''}`;
    case 'link':
      return `${actor} made an invitation link${uses ? ` for ${uses === 1 ? '1 person' : `${countOf(uses)} people`}` : ''}${untilText(until)}`;
    case 'unlink':
      return `${actor} ended an invitation link`;
    case 'ban':
    case 'mute':
      return `${actor} ${DONE[kind]} ${target}${untilText(until)}`;
    default:
      return `${actor} ${DONE[kind]} ${target}`;
  }
}

/** The words for a group's settings: "private; members may write, react; moderators may only read". */
function settingsText({ private: closed, members, moderators }) {
  const may = (who, actions) => !actions ? [] : [`${who} may ${actions.length === 0 ? 'only read' : actions.map(action => MAY[action] ?? action).join(', ')}`];
  return [closed ? 'private' : 'public', ...may('members', members), ...may('moderators', moderators)].join('; ');
}

/**
 * The first words of the notice about a refused change: "bob was not muted".
 * @param {{ kind?: string, user?: string }} command
 * @returns {string | null} null if the command changes no group
 */
export function notChanged({ kind, user }) {
  const name = nameInText(user ?? '');
  switch (kind) {
    case 'title':
      return 'The group was not renamed';
    case 'settings':
      return 'The settings of the group were not changed';
    case 'role':
      return `The role of ${name} was not changed`;
    case 'unban':
      return `The ban of ${name} was not lifted`;
    default:
      return kind in DONE ? `${name} was not ${DONE[kind]}` : null;
  }
}

/**
 * The state of a user in the list of members: "moderator, muted until 14:05".
 * @param {import('../orleanschat.js').Member} member
 * @param {number} now
 * @returns {string}
 */
export function statusOf({ role, muted, banned }, now) {
  return [
    ROLES[role],
    inForce(muted, now) ? `muted${untilText(muted, now)}` : null,
    inForce(banned, now) ? `banned${untilText(banned, now)}` : null,
  ].filter(part => part).join(', ');
}

/**
 * The label of an action's button. An ellipsis at the end means that the page asks the user before the action.
 * @param {import('./rights.js').Action} action
 * @param {import('../orleanschat.js').Member} member
 * @returns {string}
 */
export function actionLabel({ kind, role }, member) {
  switch (kind) {
    case 'role':
      return `Make ${role}`;
    case 'mute':
      return 'Mute…';
    case 'unmute':
      return 'Unmute';
    case 'kick':
      return member.role === 'invited' ? 'Withdraw the invitation…' : 'Remove…';
    case 'ban':
      return 'Ban…';
    default:
      return 'Lift the ban';
  }
}

/**
 * The question that the page asks before an action.
 * @param {import('./rights.js').Action} action
 * @param {import('../orleanschat.js').Member} member
 * @param {string} title the group's title
 * @param {string} me this user's id
 * @returns {{ heading: string, text: string, button: string, timed: boolean } | null} null if the action needs no
 *   question; `timed`: whether the page also asks how long the mute or ban lasts
 */
export function questionOf({ kind, role }, member, title, me) {
  const name = nameInText(member.user);
  if (kind === 'mute') return { heading: `Mute ${name}?`, text: `${name} can read ${title}, but cannot write to it.`, button: 'Mute', timed: true };
  if (kind === 'ban') return { heading: `Ban ${name}?`, text: `${name} is removed from ${title} and cannot join it again.`, button: 'Ban', timed: true };
  if (kind === 'kick') {
    return member.role === 'invited'
      ? { heading: `Withdraw the invitation of ${name}?`, text: `${name} cannot use the invitation to ${title} any more.`, button: 'Withdraw', timed: false }
      : { heading: `Remove ${name}?`, text: `${name} is removed from ${title}.`, button: 'Remove', timed: false };
  }
  if (kind !== 'role') return null;
  if (member.user === me) {
    return { heading: `Become ${A_ROLE[role]}?`, text: `You give up your role in ${title}. Only an owner can give it back.`, button: 'Give up', timed: false };
  }
  return role === 'owner'
    ? { heading: `Make ${name} an owner?`, text: `${name} can then do everything in ${title} that you can do.`, button: 'Make owner', timed: false }
    : null;
}

/**
 * Why the user cannot write to a room.
 * @param {number} mutedUntil ms since 1970; 0 if the user is not muted
 * @param {number} now
 * @returns {string} empty if the user can write
 */
export function mutedReason(mutedUntil, now) {
  return inForce(mutedUntil, now) ? `You are muted in this group${untilText(mutedUntil, now)}. You can read, but not write.` : '';
}

/**
 * Why the user cannot write to a room: the user is muted, or the group's settings do not allow it.
 * @param {import('./rights.js').Standing} room
 * @param {number} now
 * @returns {string} empty if the user can write
 */
export function blockedReason(room, now) {
  const muted = mutedReason(room.mutedUntil, now);
  if (muted || !isMember(room.role) || allows(room, 'write')) return muted;
  return room.settings?.moderators.includes('write') ? 'Only owners and moderators can write in this group. You can read.'
    : room.settings?.members.includes('write') ? 'Moderators cannot write in this group. You can read.'
      : 'Only owners can write in this group. You can read.';
}

/**
 * The notice after another user ended this user's membership.
 * @param {'kicked' | 'banned'} reason
 * @param {string} title the group's title
 */
export const endedNotice = (reason, title) => reason === 'banned' ? `You are banned from ${title}.` : `You were removed from ${title}.`;
