import { avatar, element, icon, roomElement } from './dom.js';
import { isDirect, isPrivate, parseRoom, titleOf } from './names.js';
import { actionsOf } from './room-actions.js';
import { lastLine, ROW_LABELS } from './room-text.js';
import { countOf } from './text.js';

const PIN = 'M9 4h6l-1 6 3 3H7l3-3-1-6zM12 13v7';
const BELL_OFF = 'M6 17h12l-1.500-2.500V11a4.500 4.500 0 0 0-9 0v3.500L6 17zM10.500 20h3M4 4l16 16';

/** The list of the user's rooms, and the field that opens another room. */
export class RoomsView {
  #list = document.getElementById('rooms');
  #form = document.getElementById('join');
  #field = document.getElementById('join-name');
  #error = document.getElementById('join-error');
  #parts;
  /** For each row: its node, and the state that the node shows. A row is drawn again only if its state changed. */
  #drawn = new Map();
  #shown = null;
  /** Name of the room whose actions are shown. */
  #opened = null;
  #showsArchive = false;

  /**
   * @param {object} parts
   * @param {string} parts.me this user's id
   * @param {(name: string) => void} parts.enter called with the name of a room that the user typed
   * @param {(name: string) => void} parts.open called when a room of the list is clicked
   * @param {(action: import('./room-actions.js').RowAction, row: import('./room-list.js').Row) => Promise<void>}
   *   parts.act called when an action is clicked; resolves when it is done
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
    this.#list.addEventListener('keydown', event => {
      if (event.key !== 'Escape' || this.#opened === null) return;
      // On a narrow screen, Escape also closes the panel. If actions are shown, Escape closes only the actions.
      event.stopPropagation();
      this.#toggle(this.#opened);
    });
    document.getElementById('new-group').addEventListener('click', () => parts.create());
  }

  /**
   * @param {ReturnType<import('./room-list.js').RoomList['rows']>} rows
   * @param {string} [current] name of the room that is shown
   * @param {{ name: string, title: string | null }[]} [invitations] the groups to which the user is invited
   */
  draw(rows, current, invitations = []) {
    this.#shown = { rows, current, invitations };
    const focus = this.#focused();
    const before = this.#drawn;
    this.#drawn = new Map();
    const section = (title, some) => some.length === 0 ? [] : [
      element('h2', { class: 'list-title', text: title }),
      element('ul', { class: 'rooms-list', 'aria-label': title }, ...some),
    ];
    const drawn = some => some.map(row => this.#keep(before, row.name, [row, row.name === current, row.name === this.#opened], () => this.#row(row, current)));
    const { archived } = rows;
    this.#list.replaceChildren(
      ...section('Invitations', invitations.map(each => this.#keep(before, `invitation ${each.name}`, [each, each.name === current], () => this.#invitation(each, current)))),
      ...section('Pinned', drawn(rows.pinned)),
      ...section('Rooms', drawn(rows.rooms)),
      ...section('Direct messages', drawn(rows.direct)),
      ...archived.length === 0 ? [] : [this.#archive(archived, this.#showsArchive ? drawn(archived) : [])]);
    this.#restore(focus);
  }

  /** If the state of a row has not changed, returns the node that was drawn before. Otherwise draws the row. */
  #keep(before, key, state, draw) {
    const version = JSON.stringify(state);
    const kept = before.get(key);
    const node = kept?.version === version ? kept.node : draw();
    this.#drawn.set(key, { version, node });
    return node;
  }

  #row(row, current) {
    const { name, title: given, unread, mentions, pinned, muted, last } = row;
    const { me, open } = this.#parts;
    const title = titleOf(name, me, given);
    const grouped = given || isPrivate(name);
    const opened = this.#opened === name;
    const line = lastLine(last, name, me);
    const loud = unread > 0 && !muted;
    return element('li', {
      class: `room${loud ? ' has-unread' : ''}`, data: { testid: 'room', room: name, unread, pinned: String(pinned), muted: String(muted) },
    },
      element('div', { class: 'room-row' },
        element('button', { type: 'button', class: 'room-open', 'aria-current': name === current ? 'page' : null, data: { control: 'open' }, on: { click: () => open(name) } },
          isDirect(name) ? avatar(name.slice(1)) : element('span', { class: 'hash', 'aria-hidden': 'true', text: grouped ? '◆' : '#' }),
          element('span', { class: 'room-texts' },
            element('span', { class: 'room-title' }, isDirect(name) || grouped ? roomElement(name, me, given) : document.createTextNode(name)),
            line ? element('span', { class: 'room-last', text: line, data: { testid: 'last' } }) : null),
          pinned ? sign(PIN, 'pinned') : null,
          muted ? sign(BELL_OFF, 'muted') : null,
          mentions ? element('span', { class: loud ? 'badge' : 'badge is-quiet', data: { testid: 'mentions' } },
            document.createTextNode(`@${mentions > 99 ? '99+' : mentions}`), element('span', { class: 'unseen', text: mentions === 1 ? ' mention' : ' mentions' })) : null,
          unread ? element('span', { class: loud ? 'badge' : 'badge is-quiet', data: { testid: 'badge' } },
            document.createTextNode(unread > 99 ? '99+' : unread), element('span', { class: 'unseen', text: ' unread' })) : null),
        element('button', {
          type: 'button', class: 'room-menu icon-button', 'aria-label': `Actions for ${title}`, title: 'Actions', 'aria-expanded': String(opened),
          text: '⋯', data: { testid: 'room-actions', control: 'actions' }, on: { click: () => this.#toggle(name) },
        })),
      opened ? this.#actions(row, title) : null);
  }

  #actions(row, title) {
    return element('ul', { class: 'row-actions', 'aria-label': `Actions for ${title}` }, ...actionsOf(row).map(action => element('li', {},
      element('button', {
        type: 'button', class: 'text-button', text: ROW_LABELS[action], data: { testid: `room-${action}`, control: action },
        on: {
          click: async () => {
            this.#toggle(row.name);
            await this.#parts.act(action, row);
            this.#restore({ room: row.name, control: 'actions' });
          },
        },
      }))));
  }

  #archive(archived, rows) {
    const loud = archived.filter(({ unread, muted }) => unread > 0 && !muted).length;
    return element('section', {},
      element('button', {
        type: 'button', class: 'text-button archive-toggle', 'aria-expanded': String(this.#showsArchive), data: { testid: 'archive', control: 'archive-toggle' },
        text: `Archived · ${countOf(archived.length)}${loud ? ` (${countOf(loud)} unread)` : ''}`,
        on: {
          click: () => {
            this.#showsArchive = !this.#showsArchive;
            this.#redraw();
            this.#restore({ control: 'archive-toggle' });
          },
        },
      }),
      rows.length === 0 ? null : element('ul', { class: 'rooms-list', 'aria-label': 'Archived' }, ...rows));
  }

  #invitation({ name, title }, current) {
    return element('li', { class: 'room', data: { testid: 'invitation', room: name } },
      element('button', { type: 'button', class: 'room-open', 'aria-current': name === current ? 'page' : null, data: { control: 'open' }, on: { click: () => this.#parts.accept(name) } },
        element('span', { class: 'hash', 'aria-hidden': 'true', text: '◆' }),
        element('span', { class: 'room-title' }, roomElement(name, this.#parts.me, title)),
        element('span', { class: 'join-hint', text: 'Join' })));
  }

  /** Shows or hides the actions on a row. */
  #toggle(name) {
    this.#opened = this.#opened === name ? null : name;
    this.#redraw();
    this.#restore({ room: name, control: 'actions' });
  }

  #redraw() {
    const { rows, current, invitations } = this.#shown;
    this.draw(rows, current, invitations);
  }

  #focused() {
    const control = document.activeElement?.closest?.('#rooms [data-control]');
    return control && { room: control.closest('[data-room]')?.dataset.room, control: control.dataset.control };
  }

  /** Gives the focus back to the same button after the list was drawn again. */
  #restore(focus) {
    if (!focus || document.activeElement?.closest?.('dialog')) return;
    const row = focus.room === undefined ? this.#list : [...this.#list.querySelectorAll('[data-room]')].find(({ dataset }) => dataset.room === focus.room);
    const control = [...(row?.querySelectorAll('[data-control]') ?? [])].find(({ dataset }) => dataset.control === focus.control);
    (control ?? row?.querySelector('button'))?.focus();
  }

  #fault(text) {
    this.#error.textContent = text ?? '';
    this.#field.setAttribute('aria-invalid', String(Boolean(text)));
  }
}

/** An icon with a word for screen readers. */
function sign(path, word) {
  return element('span', { class: 'room-sign', title: word, data: { testid: `is-${word}` } }, icon(path), element('span', { class: 'unseen', text: ` ${word}` }));
}
