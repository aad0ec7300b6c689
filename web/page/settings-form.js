import { ACTIONS } from '../orleanschat.js';
import { element } from './dom.js';
import { ACTION_LABELS } from './group-text.js';
import { isPrivate } from './names.js';
import { maySet } from './rights.js';

/** The form with the settings of the group that is shown. Only owners see it. */
export class SettingsForm {
  #node = document.getElementById('settings');
  #form = document.getElementById('settings-form');
  #private = document.getElementById('setting-private');
  #privateRow = document.getElementById('private-row');
  #slow = document.getElementById('setting-slow');
  #always = document.getElementById('always-private');
  #save = this.#form.querySelector('[type=submit]');
  #room = null;
  /** The settings that the form shows. Settings without a field in the form stay as they are. */
  #shown = {};
  /** Whether the form has changes that are not sent yet. */
  #changed = false;

  /** @param {(settings: import('../orleanschat.js').GroupSettings) => boolean} set returns false if nothing was sent */
  constructor(set) {
    for (const who of ['members', 'moderators']) {
      document.getElementById(`settings-${who}`).append(...ACTIONS.map(action => element('label', { class: 'setting' },
        element('input', { type: 'checkbox', name: who, value: action, data: { testid: `${who}-${action}` } }),
        element('span', { text: ACTION_LABELS[action] }))));
    }
    this.#form.addEventListener('input', () => {
      this.#changed = true;
      this.#save.disabled = false;
    });
    this.#form.addEventListener('submit', event => {
      event.preventDefault();
      if (!set(this.#given)) return;
      this.#changed = false;
      this.#save.disabled = true;
    });
  }

  /**
   * Shows the settings of a group. The owner's changes that are not sent yet stay in the form.
   * @param {import('../orleanschat.js').Room} room
   * @param {number} now
   */
  draw(room, now) {
    this.#node.hidden = !maySet(room, now);
    if (room !== this.#room) {
      this.#room = room;
      this.#changed = false;
      this.#node.open = false;
    }
    if (this.#changed || this.#node.hidden) return;
    const shown = this.#shown = settingsToShow(room);
    this.#private.checked = shown.private;
    this.#slow.value = shown.slow ?? 0;
    this.#privateRow.hidden = isPrivate(room.name);
    this.#always.hidden = !isPrivate(room.name);
    for (const box of this.#boxes) box.checked = shown[box.name].includes(box.value);
    this.#save.disabled = true;
  }

  get #boxes() {
    return [...this.#form.querySelectorAll('fieldset input')];
  }

  get #given() {
    const checked = who => this.#boxes.filter(({ name, checked }) => name === who && checked).map(({ value }) => value);
    return changedSettings(this.#shown, { private: this.#private.checked, members: checked('members'), moderators: checked('moderators'), slow: Number(this.#slow.value) });
  }
}

/**
 * The settings that the form shows: those that this user sent last, if their event has not arrived yet; otherwise the
 * group's settings.
 * @param {{ sends: import('../orleanschat.js').Send[], settings: import('../orleanschat.js').GroupSettings }} room
 * @returns {import('../orleanschat.js').GroupSettings}
 */
export function settingsToShow({ sends, settings }) {
  return sends.findLast(({ command, status }) => command.kind === 'settings' && status !== 'failed')?.command.settings ?? settings;
}

/**
 * The settings that the form sends. Settings and actions that the form does not have stay as they are shown, because the
 * server replaces all settings.
 * @param {import('../orleanschat.js').GroupSettings} shown
 * @param {import('../orleanschat.js').GroupSettings} given the fields of the form
 * @returns {import('../orleanschat.js').GroupSettings}
 */
export function changedSettings(shown, given) {
  const { slow, ...changed } = { ...shown, ...given };
  for (const who of ['members', 'moderators']) changed[who] = [...given[who], ...(shown[who] ?? []).filter(action => !ACTIONS.includes(action))];
  return slow ? { ...changed, slow } : changed;
}
