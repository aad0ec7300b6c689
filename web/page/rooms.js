import { avatar, element, icon, roomElement } from './dom.js';
import { isDirect, isPrivate, parseRoom, titleOf } from './names.js';

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
   * @param {(name: string) => void} parts.accept called when an invitation is clicked
   * @param {() => void} parts.create called when the user wants a new private group
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
    document.getElementById('new-group').addEventListener('click', () => parts.create());
  }

  /**
   * @param {{ name: string, kind: string | null, title: string | null, unread: number }[]} rooms
   * @param {string} [current] name of the room that is shown
   * @param {{ name: string, title: string | null }[]} [invitations] groups that the user can join with a click
   */
  draw(rooms, current, invitations = []) {
    const focused = document.activeElement?.closest?.('#rooms [data-room]')?.dataset.room;
    const direct = rooms.filter(room => isDirect(room.name));
    const named = rooms.filter(room => !isDirect(room.name));
    const invited = invitations.map(room => ({ ...room, unread: 0, invited: true }));
    this.#list.replaceChildren(...[['Invitations', invited], ['Rooms', named], ['Direct messages', direct]].filter(([, some]) => some.length > 0).flatMap(([title, some]) => [
      element('h2', { class: 'list-title', text: title }),
      element('ul', { class: 'rooms-list', 'aria-label': title }, ...some.map(room => this.#row(room, current))),
    ]));
    if (focused) this.#list.querySelector(`[data-room="${CSS.escape(focused)}"] button`)?.focus();
  }

  #row({ name, kind, title: given, unread, invited }, current) {
    if (invited) return this.#invitation({ name, title: given }, current);
    const title = titleOf(name, this.#parts.me, given);
    const grouped = given || isPrivate(name);
    // For a group, this button only closes the room. The button in the group's panel ends the membership.
    const closes = kind === 'group' ? 'Close' : 'Leave';
    return element('li', { class: unread ? 'room has-unread' : 'room', data: { testid: 'room', room: name, unread } },
      element('button', { type: 'button', class: 'room-open', 'aria-current': name === current ? 'page' : null, on: { click: () => this.#parts.open(name) } },
        isDirect(name) ? avatar(name.slice(1)) : element('span', { class: 'hash', 'aria-hidden': 'true', text: grouped ? '◆' : '#' }),
        element('span', { class: 'room-title' }, isDirect(name) || grouped ? roomElement(name, this.#parts.me, given) : document.createTextNode(name)),
        unread ? element('span', { class: 'badge' }, document.createTextNode(unread > 99 ? '99+' : unread), element('span', { class: 'unseen', text: ' unread' })) : null),
      element('button', { type: 'button', class: 'room-leave icon-button', 'aria-label': `${closes} ${title}`, title: closes, on: { click: () => this.#parts.leave(name) } },
        icon('M7 7l10 10M17 7L7 17')));
  }

  #invitation({ name, title }, current) {
    return element('li', { class: 'room', data: { testid: 'invitation', room: name } },
      element('button', { type: 'button', class: 'room-open', 'aria-current': name === current ? 'page' : null, on: { click: () => this.#parts.accept(name) } },
        element('span', { class: 'hash', 'aria-hidden': 'true', text: '◆' }),
        element('span', { class: 'room-title' }, roomElement(name, this.#parts.me, title)),
        element('span', { class: 'join-hint', text: 'Join' })));
  }

  #fault(text) {
    this.#error.textContent = text ?? '';
    this.#field.setAttribute('aria-invalid', String(Boolean(text)));
  }
}
