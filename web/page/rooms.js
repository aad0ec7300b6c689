import { avatar, element, icon, roomElement } from './dom.js';
import { isDirect, parseRoom, titleOf } from './names.js';

/** The list of the user's rooms, and the field that opens another room. */
export class RoomsView {
  #list = document.getElementById('rooms');
  #form = document.getElementById('join');
  #field = document.getElementById('join-name');
  #error = document.getElementById('join-error');
  #parts;

  /**
   * @param {object} parts
   * @param {string} parts.me this user's id
   * @param {(name: string) => void} parts.enter called with the name of a room that the user typed
   * @param {(name: string) => void} parts.open called when a room of the list is clicked
   * @param {(name: string) => void} parts.leave
   */
  constructor(parts) {
    this.#parts = parts;
    this.#form.addEventListener('submit', event => {
      event.preventDefault();
      const { room, fault } = parseRoom(this.#field.value);
      this.#fault(fault);
      if (fault) return this.#field.focus();
      this.#field.value = '';
      parts.enter(room);
    });
    this.#field.addEventListener('input', () => this.#fault(''));
  }

  /**
   * @param {{ name: string, unread: number }[]} rooms
   * @param {string} [current] name of the room that is shown
   */
  draw(rooms, current) {
    const focused = document.activeElement?.closest?.('#rooms [data-room]')?.dataset.room;
    const direct = rooms.filter(room => isDirect(room.name));
    const named = rooms.filter(room => !isDirect(room.name));
    this.#list.replaceChildren(...[['Rooms', named], ['Direct messages', direct]].filter(([, some]) => some.length > 0).flatMap(([title, some]) => [
      element('h2', { class: 'list-title', text: title }),
      element('ul', { class: 'rooms-list', 'aria-label': title }, ...some.map(room => this.#row(room, current))),
    ]));
    if (focused) this.#list.querySelector(`[data-room="${CSS.escape(focused)}"] button`)?.focus();
  }

  #row({ name, unread }, current) {
    const title = titleOf(name, this.#parts.me);
    return element('li', { class: unread ? 'room has-unread' : 'room', data: { testid: 'room', room: name, unread } },
      element('button', { type: 'button', class: 'room-open', 'aria-current': name === current ? 'page' : null, on: { click: () => this.#parts.open(name) } },
        isDirect(name) ? avatar(name.slice(1)) : element('span', { class: 'hash', 'aria-hidden': 'true', text: '#' }),
        element('span', { class: 'room-title' }, isDirect(name) ? roomElement(name, this.#parts.me) : document.createTextNode(name)),
        unread ? element('span', { class: 'badge' }, document.createTextNode(unread > 99 ? '99+' : unread), element('span', { class: 'unseen', text: ' unread' })) : null),
      element('button', { type: 'button', class: 'room-leave icon-button', 'aria-label': `Leave ${title}`, title: 'Leave', on: { click: () => this.#parts.leave(name) } },
        icon('M7 7l10 10M17 7L7 17')));
  }

  #fault(text) {
    this.#error.textContent = text ?? '';
    this.#field.setAttribute('aria-invalid', String(Boolean(text)));
  }
}
