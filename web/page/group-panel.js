import { avatar, element, nameElement } from './dom.js';
import { actionLabel, statusOf } from './group-text.js';
import { isMember, MAX_MEMBERS } from './members.js';
import { faultOfUser, nameInText } from './names.js';
import { LinkForm } from './link-form.js';
import { actionsOn, mayInvite, mayRename } from './rights.js';
import { SettingsForm } from './settings-form.js';
import { countOf } from './text.js';

/**
 * The part of the panel of people that shows a group's members, and the actions that this user may take in the group.
 */
export class GroupPanel {
  #node = document.getElementById('group');
  #heading = document.getElementById('group-title');
  #note = document.getElementById('group-note');
  #list = document.getElementById('members');
  #rename = document.getElementById('rename-group');
  #form = document.getElementById('invite');
  #field = document.getElementById('invite-user');
  #error = document.getElementById('invite-error');
  #link;
  #settings;
  #parts;
  #conversation = null;
  /** The user whose actions are shown. */
  #opened = null;

  /**
   * @param {object} parts
   * @param {string} parts.me this user's id
   * @param {(user: string) => void} parts.write called when a user is clicked
   * @param {(user: string) => boolean} parts.invite returns false if the invitation was not sent
   * @param {(action: import('./rights.js').Action, member: import('../orleanschat.js').Member) => Promise<void>}
   *   parts.act resolves when the action was sent, or when the user cancelled it
   * @param {(room: import('../orleanschat.js').Room, link: { uses?: number, until?: number }) => Promise<string>}
   *   parts.link makes an invitation link; resolves with the link's address
   * @param {(settings: import('../orleanschat.js').GroupSettings) => boolean} parts.set returns false if the settings
   *   were not sent
   * @param {() => void} parts.rename
   * @param {() => void} parts.leave
   */
  constructor(parts) {
    this.#parts = parts;
    this.#link = new LinkForm(parts.link);
    this.#settings = new SettingsForm(parts.set);
    this.#rename.addEventListener('click', () => parts.rename());
    document.getElementById('leave-group').addEventListener('click', () => parts.leave());
    this.#form.addEventListener('submit', event => {
      event.preventDefault();
      const user = this.#field.value.trim().replace(/^@/, '').normalize('NFC');
      const fault = user === '' ? 'Type the name of a person.' : faultOfUser(user);
      this.#fault(fault);
      if (!fault && parts.invite(user)) this.#field.value = '';
      this.#field.focus();
    });
    this.#field.addEventListener('input', () => this.#fault(null));
    this.#list.addEventListener('keydown', event => {
      if (event.key !== 'Escape' || this.#opened === null) return;
      // On a narrow screen, Escape also closes the panel. The first Escape must close only the actions.
      event.stopPropagation();
      this.#toggle(this.#opened);
    });
  }

  /** @param {import('./conversation.js').Conversation} conversation the conversation that is shown */
  draw(conversation) {
    const { room, members, me } = conversation;
    if (conversation !== this.#conversation) {
      this.#conversation = conversation;
      this.#opened = null;
      this.#field.value = '';
      this.#fault(null);
    }
    this.#node.hidden = room.kind !== 'group' || !isMember(room.role) || room.refusal !== null;
    if (this.#node.hidden) return;
    const now = Date.now();
    const { all } = members;
    const count = all.filter(({ role }) => isMember(role)).length;
    this.#heading.textContent = members.known ? `Members · ${countOf(count)}${members.partial ? '+' : ''}` : 'Members';
    this.#note.textContent = !members.known ? 'Loading…' : members.partial ? `Only the first ${countOf(MAX_MEMBERS)} people are listed.` : '';
    this.#form.hidden = !mayInvite(room, now);
    this.#link.draw(room, now);
    this.#settings.draw(room, now);
    this.#rename.hidden = !mayRename(room, now);
    const context = { owners: all.filter(({ role }) => role === 'owner').length, now };
    const focus = this.#focused();
    this.#list.replaceChildren(...all.map(member => ({ member, status: statusOf(member, now) }))
      // Omit a user who was only muted or banned, if the mute or ban has ended.
      .filter(({ status }) => status !== '')
      .map(({ member, status }) => this.#row(member, status, actionsOn(room, me, member, context))));
    this.#restore(focus);
  }

  #row(member, status, actions) {
    const { user } = member;
    const { me, write, act } = this.#parts;
    const opened = this.#opened === user && actions.length > 0;
    const name = nameInText(user);
    return element('li', { class: 'member', data: { testid: 'member', user, role: member.role ?? '' } },
      element('div', { class: 'member-row' },
        element('button', {
          type: 'button', class: 'person', title: user === me ? 'Your notes' : `Write to ${name}`, data: { control: 'write' },
          on: { click: () => write(user) },
        },
          avatar(user),
          element('span', { class: 'person-name' }, nameElement(user), element('span', { class: 'member-status', text: status, data: { testid: 'member-status' } })),
          user === me ? element('span', { class: 'you', text: 'you' }) : null),
        actions.length === 0 ? null : element('button', {
          type: 'button', class: 'icon-button', 'aria-label': `Actions for ${name}`, title: 'Actions', 'aria-expanded': String(opened),
          text: '⋯', data: { testid: 'member-actions', control: 'actions' }, on: { click: () => this.#toggle(user) },
        })),
      !opened ? null : element('ul', { class: 'member-actions', 'aria-label': `Actions for ${name}` }, ...actions.map(action => element('li', {},
        element('button', {
          type: 'button', class: 'text-button', text: actionLabel(action, member),
          data: { testid: `do-${action.kind}`, control: action.kind + (action.role ?? '') },
          on: {
            click: async () => {
              this.#toggle(user);
              await act(action, member);
              this.#restore({ user, control: 'actions' });
            },
          },
        })))));
  }

  /** Shows or hides the actions on a user. */
  #toggle(user) {
    const opens = this.#opened !== user;
    this.#opened = opens ? user : null;
    this.draw(this.#conversation);
    this.#restore({ user, control: 'actions' });
  }

  #focused() {
    const control = document.activeElement?.closest?.('#members [data-control]');
    return control && { user: control.closest('[data-user]').dataset.user, control: control.dataset.control };
  }

  /** Gives the focus back to the same button after the list was drawn again. */
  #restore(focus) {
    if (!focus) return;
    const row = [...this.#list.children].find(({ dataset }) => dataset.user === focus.user);
    const control = [...(row?.querySelectorAll('[data-control]') ?? [])].find(({ dataset }) => dataset.control === focus.control);
    (control ?? row?.querySelector('button'))?.focus();
  }

  #fault(text) {
    this.#error.textContent = text ?? '';
    this.#field.setAttribute('aria-invalid', String(Boolean(text)));
  }
}
