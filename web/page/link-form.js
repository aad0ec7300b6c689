import { mayInvite } from './rights.js';

/** How long an invitation link is valid, in ms. The key is the value of the form's option. */
const VALIDITY = { day: 86_400_000, week: 7 * 86_400_000 };

/** Maximum number of uses of an invitation link. */
const MAX_USES = 1000;

/** The form that makes an invitation link for the group that is shown. */
export class LinkForm {
  #node = document.getElementById('link');
  #form = document.getElementById('link-form');
  #uses = document.getElementById('link-uses');
  #end = document.getElementById('link-end');
  #make = this.#form.querySelector('[type=submit]');
  #error = document.getElementById('link-error');
  #made = document.getElementById('link-made');
  #address = document.getElementById('link-address');
  #copied = document.getElementById('link-copied');
  #room = null;

  /**
   * @param {(room: import('../orleanschat.js').Room, link: { uses?: number, until?: number }) => Promise<string>} make
   *   makes a link and resolves with its address; rejects with a ChatError
   */
  constructor(make) {
    this.#form.addEventListener('submit', async event => {
      event.preventDefault();
      const { link, fault } = parseLink(this.#uses.value, this.#end.value, Date.now());
      this.#fault(fault, Boolean(fault));
      if (fault) return this.#uses.focus();
      const room = this.#room;
      this.#show('');
      this.#make.disabled = true;
      try {
        const address = await make(room, link);
        // The user may have switched to another group in the meantime.
        if (room === this.#room) this.#show(address);
      } catch (error) {
        if (room === this.#room) this.#fault(`The link was not made: ${error.message}`);
      } finally {
        this.#make.disabled = false;
      }
    });
    this.#uses.addEventListener('input', () => this.#fault(''));
    this.#address.addEventListener('focus', () => this.#address.select());
    document.getElementById('copy-link').addEventListener('click', () => this.#copy());
  }

  /**
   * @param {import('../orleanschat.js').Room} room the group that is shown
   * @param {number} now
   */
  draw(room, now) {
    this.#node.hidden = !mayInvite(room, now);
    if (room === this.#room) return;
    this.#room = room;
    this.#node.open = false;
    this.#fault('');
    this.#show('');
  }

  #show(address) {
    this.#made.hidden = address === '';
    this.#address.value = address;
    this.#copied.textContent = '';
    if (address) this.#address.focus();
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.#address.value);
      this.#copied.textContent = 'Copied.';
    } catch {
      // Browsers refuse to copy without the user's permission. A page that is served over plain HTTP has no clipboard.
      this.#address.focus();
      this.#copied.textContent = 'Your browser does not let the page copy. The address is selected: copy it yourself.';
    }
  }

  #fault(text, invalid = false) {
    this.#error.textContent = text ?? '';
    this.#uses.setAttribute('aria-invalid', String(invalid));
  }
}

/**
 * Reads the fields of the form.
 * @param {string} uses how many people can use the link; empty for no limit
 * @param {string} end `day`, `week`, or empty for no end
 * @param {number} now
 * @returns {{ link?: { uses?: number, until?: number }, fault?: string }} the link, or a sentence that says what is
 *   wrong
 */
export function parseLink(uses, end, now) {
  const number = Number(uses);
  const limited = uses.trim() !== '';
  if (limited && !(Number.isInteger(number) && number >= 1 && number <= MAX_USES)) {
    return { fault: `Type a number from 1 to ${MAX_USES}, or leave the field empty.` };
  }
  return { link: { ...(limited ? { uses: number } : {}), ...(VALIDITY[end] ? { until: now + VALIDITY[end] } : {}) } };
}
