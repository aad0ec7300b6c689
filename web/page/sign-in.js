import { Session } from '../orleanschat.js';
import { endingOf } from './endings.js';
import { askToChange } from './question.js';
import { arrive, bringsToken, chooseToken, takeToken } from './token.js';
import { identify } from './welcome.js';

/** Shown if the token is in the query of the link. Servers and proxies write the query to their logs. */
export const IN_QUERY = 'This link is not safe: servers on the way can log its token. Ask for a link with #access_token= instead of ?access_token=.';

/**
 * Creates the session of this page's user. If the user signs in with a token, the session is online when the promise
 * resolves. The promise never resolves if the user must open another link; the page then shows why.
 * @param {URL} address the page's address; the function removes the token from it
 * @returns {Promise<{ url: string, token: string | null, session: Session, me: string, inQuery: boolean }>} `url`: the
 *   URL of the WebSocket; `me`: this user's id; `inQuery`: whether the link had the token in its query
 */
export async function signIn(address) {
  const { given, inQuery } = takeToken(address);
  // If a link differs from the page's address only in its fragment, the browser does not reload the page, so the page
  // reloads itself.
  addEventListener('hashchange', () => { if (bringsToken(location.href)) location.reload(); });
  const { token, declined } = await chooseToken(given, askToChange);
  if (!token && (inQuery || declined)) await stop(declined ? 'Nothing has changed. To chat, open your own link.' : IN_QUERY);
  // The URL is relative, like every URL of this page, because a proxy may serve the page under a path.
  const url = new URL('ws', address).href.replace(/^http/, 'ws');
  const name = token ? null : await identify(address);
  const session = new Session(token ? { url, token } : { url, user: name });
  const me = name ?? await arrive(session, token, sayInstead, end => endingOf(end, true));
  return { url, token, session, me, inQuery };
}

/** Shows a sentence in place of the chat, before the chat is shown. */
function sayInstead(text) {
  document.getElementById('arrival').textContent = text;
}

/** Shows a sentence and never resolves: the user must open another link. */
function stop(text) {
  sayInstead(text);
  return new Promise(() => {});
}
