import { avatar, element, nameElement } from './dom.js';

/**
 * The sentence above the names of the readers.
 * @param {import('../orleanschat.js').Readers} readers
 * @returns {string} empty if the names say everything
 */
export const readersNote = ({ users, more }) => users.length === 0 ? 'Nobody has read this message yet.' : more ? `The first ${users.length} names:` : '';

/**
 * Shows who has read a message, in a dialog.
 * @param {import('../orleanschat.js').Room} room a group or a direct conversation
 * @param {{ seq: number }} message
 * @returns {Promise<void>} resolves when the user closed the dialog
 */
export async function showReaders(room, { seq }) {
  const dialog = document.getElementById('readers');
  const list = document.getElementById('readers-list');
  const note = document.getElementById('readers-note');
  note.textContent = 'Loading…';
  list.replaceChildren();
  list.hidden = true;
  dialog.showModal();
  const closed = new Promise(resolve => dialog.addEventListener('close', resolve, { once: true }));
  try {
    const readers = await Promise.race([room.readers(seq), closed.then(() => null)]);
    if (!readers) return;
    note.textContent = readersNote(readers);
    list.hidden = readers.users.length === 0;
    list.replaceChildren(
      ...readers.users.map(user => element('li', { data: { testid: 'reader', user } }, avatar(user), element('span', { class: 'person-name' }, nameElement(user)))),
      readers.more ? element('li', { class: 'you', text: 'and more', data: { testid: 'more-readers' } }) : '');
  } catch (error) {
    note.textContent = `The page cannot find out who has read this message: ${error.message}`;
  }
  await closed;
}
