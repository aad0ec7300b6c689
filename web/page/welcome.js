import { keep, kept } from './keep.js';
import { faultOfUser } from './names.js';

/**
 * Who this is: the `user` of the page's own address, else the name kept in this browser, else what the person answers.
 * @returns {Promise<string>}
 */
export function identify(address) {
  const given = address.searchParams.get('user')?.normalize('NFC');
  if (given && !faultOfUser(given)) return Promise.resolve(given);
  const known = kept('name');
  return known && !faultOfUser(known) ? Promise.resolve(known) : ask();
}

export function forgetName() {
  keep('name', null);
}

function ask() {
  const dialog = document.getElementById('welcome');
  const form = document.getElementById('welcome-form');
  const field = document.getElementById('welcome-name');
  const error = document.getElementById('welcome-error');
  // There is nothing behind this question to go back to.
  dialog.addEventListener('cancel', event => event.preventDefault());
  dialog.showModal();
  return new Promise(resolve => {
    field.addEventListener('input', () => { error.textContent = ''; });
    form.addEventListener('submit', event => {
      event.preventDefault();
      const name = field.value.trim().normalize('NFC');
      const fault = faultOfUser(name);
      error.textContent = fault ?? '';
      field.setAttribute('aria-invalid', String(fault !== null));
      if (fault) return field.focus();
      keep('name', name);
      dialog.close();
      resolve(name);
    });
  });
}
