import { avatar, element } from './dom.js';
import { countOf } from './text.js';

/** Who is in the room now. */
export class PeopleView {
  #list = document.getElementById('people');
  #note = document.getElementById('people-note');
  #title = document.getElementById('people-title');
  #count = document.getElementById('people-count');
  #parts;

  /** @param {{ me: string, write: (user) => void }} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @param {Set<string> | null} people null where only the number is told */
  draw(people, count) {
    const { me, write } = this.#parts;
    const shown = people ? Math.max(people.size, 0) : count;
    this.#count.textContent = countOf(shown);
    this.#title.textContent = shown ? `Here now · ${countOf(shown)}` : 'Here now';
    this.#note.textContent = people ? '' : 'Names are shown where fewer people are.';
    const focused = document.activeElement?.closest?.('#people [data-user]')?.dataset.user;
    const sorted = [...(people ?? [])].sort((a, b) => (b === me) - (a === me) || a.localeCompare(b));
    this.#list.replaceChildren(...sorted.map(user => element('li', { data: { testid: 'person', user } },
      element('button', { type: 'button', class: 'person', title: user === me ? 'Your notes' : `Write to ${user}`, on: { click: () => write(user) } },
        avatar(user), element('span', { class: 'person-name', text: user }), user === me ? element('span', { class: 'you', text: 'you' }) : null))));
    if (focused) this.#list.querySelector(`[data-user="${CSS.escape(focused)}"] button`)?.focus();
  }
}
