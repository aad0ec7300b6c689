import { keep, keepInTab, kept, keptInTab } from './keep.js';
import { faultOfUser } from './names.js';

/** Delay before the page shows "Connecting…", in ms. Most connections open sooner. */
const QUIET_FOR = 600;

/**
 * Takes the token from the fragment of the page's address, the part after `#`. Browsers do not send the fragment, so no
 * proxy can log it. The function removes the token from the address at once, because users see, store and share
 * addresses.
 * @param {URL} address the page's address
 * @returns {{ given: string | null, inQuery: boolean }} `inQuery`: whether the query contains a token, which is not
 *   accepted
 */
export function takeToken(address) {
  const fragment = new URLSearchParams(address.hash.slice(1));
  const given = fragment.get('access_token') || null;
  const inQuery = address.searchParams.has('access_token');
  if (fragment.has('access_token') || inQuery) {
    fragment.delete('access_token');
    address.hash = fragment.toString();
    address.searchParams.delete('access_token');
    history.replaceState(null, '', address);
  }
  return { given, inQuery };
}

/**
 * Whether an address has a token in its fragment. Called for an address that the user opens while the page is running.
 * @param {string} address
 * @returns {boolean}
 */
export function bringsToken(address) {
  return new URLSearchParams(new URL(address).hash.slice(1)).has('access_token');
}

/**
 * Chooses the token to sign in with: the token that this tab stores, or the token of a link. A link must not change the
 * user without a question. So if the given token names another user than the last user of this tab (in a new tab: of
 * this browser), the function asks first.
 * @param {string | null} given the token of the link
 * @param {(now: string, next: string | null) => Promise<boolean>} ask called with the current user and with the user
 *   whom the link names, or null if the link names no user; resolves to true if the user accepts the change
 * @returns {Promise<{ token: string | null, declined: boolean }>} `token`: null if the user signs in with a name;
 *   `declined`: whether the user declined the change
 */
export async function chooseToken(given, ask) {
  const own = keptInTab('token');
  if (given === null || given === own) return { token: own, declined: false };
  const last = lastUser(own);
  const next = claimedUser(given);
  const same = last !== null && next !== null && (last.user === next || last.claimed === next);
  if (last && !same && !await ask(last.user, next)) return { token: own, declined: true };
  // A new token of the same user replaces the stored one only when the server has accepted it.
  if (own === null || !same) keepInTab('token', given);
  return { token: given, declined: false };
}

/**
 * Stores a token that the server accepted.
 * @param {string} token
 * @param {string} user the user id that the server sent
 */
export function keepToken(token, user) {
  const is = JSON.stringify({ user, claimed: claimedUser(token) });
  keepInTab('token', token);
  keepInTab('user', is);
  keep('user', is);
}

/**
 * Removes a token that the server did not accept.
 * @param {string} token
 */
export function forgetToken(token) {
  if (keptInTab('token') === token) keepInTab('token', null);
}

/**
 * Connects with a token.
 * @param {import('../orleanschat.js').Session} session
 * @param {string} token
 * @param {(text: string) => void} say shows a sentence while the session connects, and if the server refuses the token
 * @param {(end: { code?: number, reason?: string }) => string} endingOf returns the sentence for a refusal
 * @returns {Promise<string>} the user id that the server sent; never resolves if the server refuses the token
 */
export function arrive(session, token, say, endingOf) {
  const timer = setTimeout(() => say('Connecting…'), QUIET_FOR);
  return new Promise(resolve => {
    const stop = session.on('state', now => {
      if (now.state === 'connecting') return;
      clearTimeout(timer);
      if (now.state === 'waiting') return say('Cannot connect to the chat service. Trying again…');
      if (now.state === 'ended') {
        if (now.code === 4501) forgetToken(token);
        return say(endingOf(now));
      }
      stop();
      say('');
      keepToken(token, session.user);
      resolve(session.user);
    });
    session.connect();
  });
}

/** The last user of this tab or, in a new tab, of this browser. Null if nobody has signed in there with a token. */
function lastUser(own) {
  const text = own === null ? kept('user') : keptInTab('user');
  try {
    const { user, claimed } = JSON.parse(text);
    return typeof user === 'string' ? { user, claimed } : null;
  } catch {
    // No valid user is stored. If this tab has a token, the server has not accepted the token yet. So take the user
    // whom the token names.
    return own === null ? null : { user: claimedUser(own) ?? 'an unknown user', claimed: claimedUser(own) };
  }
}

/**
 * The user whom a token names; null if the token names no user. The function does not check the signature, so use the
 * result only in a question to the user.
 */
function claimedUser(token) {
  try {
    const bytes = Uint8Array.from(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')), character => character.charCodeAt(0));
    const { sub } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof sub === 'string' && faultOfUser(sub) === null ? sub : null;
  } catch {
    return null;
  }
}
