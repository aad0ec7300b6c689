import { keepInTab, keptInTab } from './keep.js';

/** A service that cannot be reached at once is not worth a line; ms. */
const QUIET_FOR = 600;

/**
 * The token by which this person comes in: `access_token` of the page's own address, which is taken out of it (addresses are shown, kept and
 * passed on), else the one that this tab kept for a reload. Null where there is none, or where the address names a user without proof.
 * @param {URL} address loses its token
 */
export function takeToken(address) {
  const given = address.searchParams.get('access_token');
  if (given !== null) {
    address.searchParams.delete('access_token');
    history.replaceState(null, '', address);
    keepInTab('token', given || null);
  } else if (address.searchParams.has('user')) {
    forgetToken();
  }
  return keptInTab('token') ?? (given || null);
}

export function forgetToken() {
  keepInTab('token', null);
}

/**
 * Connects, and tells who the service says this is. It may never: `say` gets a sentence while it is being tried, and when it is refused.
 * @returns {Promise<string>}
 */
export function arrive(session, say, endingOf) {
  const timer = setTimeout(() => say('Connecting…'), QUIET_FOR);
  return new Promise(resolve => {
    const stop = session.on('state', now => {
      if (now.state === 'connecting') return;
      clearTimeout(timer);
      if (now.state === 'waiting') return say('The service cannot be reached. Trying again…');
      if (now.state === 'ended') {
        if (now.code === 4501) forgetToken();
        return say(endingOf(now));
      }
      stop();
      say('');
      resolve(session.user);
    });
    session.connect();
  });
}
