import { keepInTab, keptInTab } from './keep.js';
import { parseRoom } from './names.js';

/** Matches the code of an invitation link. */
const CODE = /^[a-z2-7]{26,64}$/;

/**
 * An invitation by a link.
 * @typedef {object} Invite
 * @property {string} room name of the group
 * @property {string} code
 */

/**
 * The address of an invitation link. The code is in the fragment, the part after `#`. Browsers do not send the
 * fragment, so no server and no proxy can log the code.
 * @param {string} page the address of the page
 * @param {string} room name of the group
 * @param {string} code
 * @returns {string}
 */
export function inviteAddress(page, room, code) {
  const address = new URL(page);
  address.search = `?room=${room}`;
  address.hash = `invite=${code}`;
  return address.href;
}

/**
 * Reads the invitation from the fragment of the page's address. The function removes the code from the address at once,
 * because users see, store and share addresses. The tab keeps the invitation until `forgetInvite` is called, so that a
 * reload does not lose it.
 * @param {URL} address the function removes the code from it
 * @returns {Invite | null} null if neither the address nor the tab has a valid invitation
 */
export function takeInvite(address) {
  const fragment = new URLSearchParams(address.hash.slice(1));
  const room = parseRoom(address.searchParams.get('room') ?? '').room ?? null;
  if (!fragment.has('invite')) return keptFor(room);
  const code = fragment.get('invite');
  fragment.delete('invite');
  address.hash = fragment.toString();
  history.replaceState(null, '', address);
  const invite = room && CODE.test(code) ? { room, code } : null;
  keepInTab('invite', invite && JSON.stringify(invite));
  return invite;
}

/**
 * Whether an address has an invitation in its fragment. Called for an address that the user opens while the page is
 * running.
 * @param {string} address
 * @returns {boolean}
 */
export function bringsInvite(address) {
  return new URLSearchParams(new URL(address).hash.slice(1)).has('invite');
}

/** Removes the invitation that the tab keeps. */
export function forgetInvite() {
  keepInTab('invite', null);
}

/** The invitation that the tab keeps; null if the address names another room. */
function keptFor(room) {
  try {
    const { room: group, code } = JSON.parse(keptInTab('invite'));
    return (room === null || room === group) && parseRoom(group).room === group && CODE.test(code) ? { room: group, code } : null;
  } catch {
    // The tab keeps no invitation.
    return null;
  }
}
