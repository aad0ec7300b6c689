import { nameInText } from './names.js';

/**
 * Asks whether the page may sign in as another user. The question names both users, so that the user notices a link
 * from a stranger.
 * @param {string} now the current user
 * @param {string | null} next the user whom the link names; null if the link names no user
 * @returns {Promise<boolean>} true if the user accepts the change
 */
export function askToChange(now, next) {
  const dialog = document.getElementById('question');
  const from = nameInText(now);
  const to = next ? nameInText(next) : 'another user';
  dialog.querySelector('h1').textContent = `Continue as ${to}?`;
  dialog.querySelector('p').textContent = `You are signed in as ${from}. The link that you opened is for ${to}. If you continue, you write as ${to}.`;
  const [stay, change] = dialog.querySelectorAll('button');
  stay.textContent = `Stay as ${from}`;
  change.textContent = `Continue as ${to}`;
  dialog.showModal();
  return new Promise(resolve => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'change'), { once: true }));
}
