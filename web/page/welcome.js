import { keep, kept } from './keep.js';
import { faultOfNewName, faultOfUser } from './names.js';

/**
 * The user's name: the `user` in the page's address; otherwise the name that this browser stores; otherwise the user's
 * answer to a question.
 * @param {URL} address
 * @returns {Promise<string>}
 */
export function identify(address) {
  const given = address.searchParams.get('user')?.normalize('NFC');
  if (given && !faultOfUser(given)) return Promise.resolve(given);
  const known = kept('name');
  return known && !faultOfUser(known) ? Promise.resolve(known) : ask();
}

/**
 * Shows the button with which the user chooses another name. A click reloads the page.
 * @param {URL} address the page's address
 */
export function offerNewName(address) {
  const button = document.getElementById('change-name');
  button.hidden = false;
  button.addEventListener('click', () => {
    keep('name', null);
    address.searchParams.delete('user');
    location.replace(address);
  });
}

function ask() {
  const dialog = document.getElementById('welcome');
  const form = document.getElementById('welcome-form');
  const field = document.getElementById('welcome-name');
  const error = document.getElementById('welcome-error');
  // Escape must not close the dialog, because the page needs a name.
  dialog.addEventListener('cancel', event => event.preventDefault());
  dialog.showModal();
  return new Promise(resolve => {
    field.addEventListener('input', () => { error.textContent = ''; });
    form.addEventListener('submit', event => {
      event.preventDefault();
      const name = field.value.trim().normalize('NFC');
      const fault = faultOfNewName(name);
      error.textContent = fault ?? '';
      field.setAttribute('aria-invalid', String(fault !== null));
      if (fault) return field.focus();
      keep('name', name);
      dialog.close();
      resolve(name);
    });
  });
}
