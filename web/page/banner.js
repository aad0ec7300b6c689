import { REPLACED } from '../orleanschat.js';
import { endingOf } from './endings.js';

/** A connection that comes at once is not worth a line; ms. */
const QUIET_FOR = 600;

/** The state of the connection, in one quiet line. */
export class Banner {
  #node = document.getElementById('banner');
  #text = this.#node.querySelector('.banner-text');
  #wait = this.#node.querySelector('.banner-wait');
  #button = this.#node.querySelector('button');
  #timer = null;
  #wasOnline = false;
  #byToken;

  /** @param {() => void} again what the button does  @param {boolean} byToken whether this person came in by a token */
  constructor(again, byToken) {
    this.#byToken = byToken;
    this.#button.addEventListener('click', again);
  }

  /** @param {{ state: string, code?: number, reason?: string, retryAt?: number }} now  @param {boolean} catchingUp */
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
      // After a loss the line is there already; at the first visit it waits.
      if (this.#text.textContent) tell();
      else this.#timer = setTimeout(tell, QUIET_FOR);
    } else {
      this.#say(catchingUp ? 'Reading what you missed…' : '');
    }
  }

  #waiting(retryAt, code) {
    const seconds = Math.max(1, Math.ceil((retryAt - Date.now()) / 1000));
    if (!navigator.onLine) this.#say('You are offline. What you write is kept and sent when you are back.', 'Try now');
    else if (code === REPLACED) this.#say('This device is connected in another place.', 'Use it here');
    else this.#say(this.#wasOnline ? 'Connection lost.' : 'The service cannot be reached.', 'Try now', `Trying again in ${seconds} s.`);
  }

  /** A screen reader hears `text` when it changes, and not every second of the wait. */
  #say(text, button, wait = '') {
    if (this.#text.textContent !== text) this.#text.textContent = text;
    this.#wait.textContent = wait;
    this.#node.classList.toggle('is-shown', text !== '');
    this.#button.hidden = !button;
    if (button) this.#button.textContent = button;
  }
}
