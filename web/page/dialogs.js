import { parseTitle } from './names.js';

/** The durations that the page offers for a mute or a ban, in ms. The key is the value of the option in the dialog. */
const DURATIONS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 };

/** Opens a dialog. Resolves with the value of the button that closed it; an empty string after Escape. */
function open(dialog) {
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise(resolve => dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true }));
}

/**
 * Asks the user to confirm an action. The focus starts on Cancel, so that Enter changes nothing by accident.
 * @param {{ heading: string, text: string, button: string, timed?: boolean }} question `timed`: whether the dialog also
 *   asks how long the mute or ban lasts
 * @returns {Promise<{ until?: number } | null>} null if the user cancelled; `until`: when the mute or ban ends, in
 *   ms since 1970; absent if it has no end
 */
export async function askToConfirm({ heading, text, button, timed = false }) {
  const dialog = document.getElementById('confirm');
  dialog.querySelector('h1').textContent = heading;
  dialog.querySelector('.confirm-text').textContent = text;
  dialog.querySelector('.primary').textContent = button;
  dialog.querySelector('.duration').hidden = !timed;
  const duration = dialog.querySelector('select');
  duration.value = '';
  if (await open(dialog) !== 'confirm') return null;
  const lasts = DURATIONS[timed ? duration.value : ''];
  return lasts ? { until: Date.now() + lasts } : {};
}

/**
 * Asks for the title of a group.
 * @param {{ heading: string, button: string, value?: string | null }} question `value`: the current title
 * @returns {Promise<string | null>} null if the user cancelled
 */
export async function askForTitle({ heading, button, value }) {
  const dialog = document.getElementById('title-dialog');
  const form = dialog.querySelector('form');
  const field = dialog.querySelector('input');
  const error = dialog.querySelector('.field-error');
  const say = fault => {
    error.textContent = fault ?? '';
    field.setAttribute('aria-invalid', String(Boolean(fault)));
  };
  dialog.querySelector('h1').textContent = heading;
  dialog.querySelector('.primary').textContent = button;
  field.value = value ?? '';
  say(null);
  field.oninput = () => say(null);
  let title = null;
  form.onsubmit = event => {
    // If the user clicked Cancel, let the dialog close without a check of the title.
    if (event.submitter?.value === 'cancel') return;
    const parsed = parseTitle(field.value);
    say(parsed.fault);
    if (!parsed.fault) {
      ({ title } = parsed);
      return;
    }
    event.preventDefault();
    field.focus();
  };
  const closed = open(dialog);
  field.select();
  await closed;
  return title;
}
