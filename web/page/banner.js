import { REPLACED } from '../orleanschat.js';
import { endingOf } from './endings.js';

/** Delay before the page shows the first "Connecting…", in ms. Most connections open sooner. */
const QUIET_FOR = 600;

const KEPT = 'Your messages are saved and will be sent when you are back online.';
const NOT_KEPT = 'Keep this page open: your messages will be sent when you are back online.';

/** One line about the state of the connection. It is empty while the session is online and the room is up to date. */
export class Banner {
  #node = document.getElementById('banner');
  #text = this.#node.querySelector('.banner-text');
  #wait = this.#node.querySelector('.banner-wait');
  #button = this.#node.querySelector('button');
  #timer = null;
  #wasOnline = false;
  #byToken;
  #keeps;

  /**
   * @param {object} parts
   * @param {() => void} parts.again called when the button is clicked
   * @param {boolean} parts.byToken whether the user signed in with a token
   * @param {() => boolean} parts.keeps whether the browser stores unsent messages
   */
  constructor({ again, byToken, keeps }) {
    this.#byToken = byToken;
    this.#keeps = keeps;
    this.#button.addEventListener('click', again);
  }

  /**
   * @param {import('../orleanschat.js').StateChange} now
   * @param {boolean} catchingUp whether the client is reading missed events of the room that is shown
   */
  show({ state, code, reason, retryAt }, catchingUp) {
    clearInterval(this.#timer);
    clearTimeout(this.#timer);
    this.#node.dataset.state = state;
    this.#wasOnline ||= state === 'online';
    if (state === 'waiting') {
      const tell = () => this.#waiting(retryAt, code);
      tell();
      this.#timer = setInterval(tell, 1000);
    } else if (state === 'ended') {
      this.#say(endingOf({ code, reason }, this.#byToken), 'Try again');
    } else if (state === 'connecting') {
      const tell = () => this.#say('Connecting…');
      // After a lost connection, the banner has a text already: replace this text now. On the first connection, show
      // "Connecting…" only after a delay.
      if (this.#text.textContent) tell();
      else this.#timer = setTimeout(tell, QUIET_FOR);
    } else {
      this.#say(catchingUp ? 'Loading missed messages…' : '');
    }
  }

  #waiting(retryAt, code) {
    const seconds = Math.max(1, Math.ceil((retryAt - Date.now()) / 1000));
    if (!navigator.onLine) this.#say(`You are offline. ${this.#keeps() ? KEPT : NOT_KEPT}`, 'Try now');
    else if (code === REPLACED) this.#say('This device is connected somewhere else.', 'Connect here');
    else this.#say(this.#wasOnline ? 'Connection lost.' : 'Cannot connect to the chat service.', 'Try now', `Trying again in ${seconds} s.`);
  }

  /** Screen readers announce `text` when it changes. `wait` changes every second, so it is hidden from them. */
  #say(text, button, wait = '') {
    if (this.#text.textContent !== text) this.#text.textContent = text;
    this.#wait.textContent = wait;
    this.#node.classList.toggle('is-shown', text !== '');
    this.#button.hidden = !button;
    if (button) this.#button.textContent = button;
  }
}
