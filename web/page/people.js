import { avatar, element, nameElement } from './dom.js';
import { nameInText } from './names.js';
import { countOf } from './text.js';

/** The list of users in the room. */
export class PeopleView {
  #list = document.getElementById('people');
  #note = document.getElementById('people-note');
  #title = document.getElementById('people-title');
  #count = document.getElementById('people-count');
  #parts;

  /** @param {{ me: string, write: (user: string) => void }} parts `write` is called when a user is clicked */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * @param {Set<string> | null} people null if only the number is known
   * @param {number} count
   * @param {boolean} known false to show nobody, not even a number
   */
  draw(people, count, known) {
    const { me, write } = this.#parts;
    const shown = people ? Math.max(people.size, 0) : count;
    this.#count.textContent = known ? countOf(shown) : '';
    this.#title.textContent = !known ? 'People' : shown ? `Here now · ${countOf(shown)}` : 'Here now';
    this.#note.textContent = people ? '' : 'Too many people to list by name.';
    const focused = document.activeElement?.closest?.('#people [data-user]')?.dataset.user;
    const sorted = [...(known && people || [])].sort((a, b) => (b === me) - (a === me) || a.localeCompare(b));
    this.#list.replaceChildren(...sorted.map(user => element('li', { data: { testid: 'person', user } },
      element('button', { type: 'button', class: 'person', title: user === me ? 'Your notes' : `Write to ${nameInText(user)}`, on: { click: () => write(user) } },
        avatar(user), element('span', { class: 'person-name' }, nameElement(user)), user === me ? element('span', { class: 'you', text: 'you' }) : null))));
    if (focused) this.#list.querySelector(`[data-user="${CSS.escape(focused)}"] button`)?.focus();
  }
}
