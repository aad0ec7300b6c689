import { askToConfirm } from './dialogs.js';
import { forgetInvite } from './invite.js';
import { isPrivate, nameInText } from './names.js';

/** If a resume of the group fails with one of these error codes, the page asks whether to join by the link. */
const OUTSIDE = new Set(['not_found', 'not_member']);

/**
 * Joins a group by an invitation link, if the user is not a member yet and agrees to join. The page always asks first,
 * because opening an address must not make the user a member.
 * @param {object} parts
 * @param {import('./invite.js').Invite} parts.invite
 * @param {import('../orleanschat.js').Room} parts.room the group, which the page has resumed
 * @param {string} parts.me this user's id
 * @param {(link: string) => void} parts.join joins the group by the code of the link
 * @param {(text: string) => void} parts.notice
 * @param {typeof askToConfirm} [parts.ask]
 * @returns {Promise<void>} resolves when the user is a member, has cancelled, or was refused
 */
export async function joinByLink({ invite, room, me, join, notice, ask = askToConfirm }) {
  const refusal = await answerOf(room);
  // A member needs no link. After any other refusal, such as a ban, the page shows a line above the messages.
  if (!OUTSIDE.has(refusal?.code)) return forgetInvite();
  const answer = await ask(questionOf(room.name, me));
  if (!answer) return forgetInvite();
  const joined = answerOf(room, true);
  join(invite.code);
  const refused = await joined;
  forgetInvite();
  if (refused) notice(refusedText(refused));
}

/**
 * Waits until the server has answered the request for a room.
 * @param {import('../orleanschat.js').Room} room
 * @param {boolean} [next] true to wait for the next answer; false to use an earlier answer if there is one
 * @returns {Promise<import('../orleanschat.js').ChatError | null>} the refusal; null if the room is joined
 */
function answerOf(room, next = false) {
  if (!next && room.attached) return Promise.resolve(null);
  if (!next && room.refusal) return Promise.resolve(room.refusal);
  return new Promise(resolve => {
    const stops = [
      room.on('joined', () => end(null)),
      room.on('refused', error => { if (!error.passing) end(error); }),
    ];
    const end = answer => {
      for (const stop of stops) stop();
      resolve(answer);
    };
  });
}

function questionOf(name, me) {
  return {
    heading: isPrivate(name) ? 'Join the group?' : `Join the group ${name}?`,
    text: `This address is an invitation to ${isPrivate(name) ? 'a private group' : 'a group'}. If you join, the members see that you are ${nameInText(me)}.`,
    button: 'Join',
  };
}

/** If a link of a private group is not valid, the server answers `not_found`, as for a group that does not exist. */
function refusedText({ code, message }) {
  return code === 'not_found' || code === 'not_member' ? 'This invitation link is not valid any more. Ask for a new one.'
    : `You did not join the group: ${message}`;
}
