import { KEPT } from '../orleanschat.js';

const KIND = 'draft';

const empty = { text: '', edit: null };

/**
 * The unsaved edit of a message.
 * @typedef {object} Edit
 * @property {number} seq sequence of the message
 * @property {string | null} original the message's text when the edit began; null if unknown
 * @property {string} text the new text
 */

/**
 * An unsent message and, while the user edits an earlier message, the unsaved edit.
 * @typedef {object} Draft
 * @property {string} text the new message
 * @property {Edit | null} edit the edit that the composer shows instead of the new message
 */

/**
 * The drafts of each room, stored in the browser. The first draft of a room is the one in the composer. Drafts that
 * this tab took over from other tabs wait behind the first draft. When the user opens the room and the first draft is
 * empty, the page shows the next draft.
 */
export class Drafts {
  #store;
  #newId;
  #rooms = new Map();

  /**
   * @param {import('../orleanschat.js').TabStore} store must not be open yet; the caller opens it after this call
   * @param {() => string} newId
   * @param {(room: string) => void} adopted called when this tab took over a draft of a room from another tab
   */
  constructor(store, newId, adopted) {
    this.#store = store;
    this.#newId = newId;
    store.onAdopt(KIND, (id, value) => {
      if (typeof value?.room !== 'string' || typeof value.text !== 'string') return store.remove(KIND, id);
      const { room, text } = value;
      this.#of(room).push({ id, text, edit: validEdit(value.edit) });
      adopted(room);
    });
  }

  /**
   * @param {string} room
   * @returns {Draft} the draft in the composer
   */
  get(room) {
    return this.#rooms.get(room)?.[0] ?? empty;
  }

  /**
   * Replaces the draft in the composer.
   * @param {string} room
   * @param {Draft} draft
   * @returns {boolean} false if the browser did not store the draft
   */
  set(room, { text, edit }) {
    const drafts = this.#of(room);
    if (text === '' && edit === null) {
      const gone = drafts.shift();
      if (gone) this.#store.remove(KIND, gone.id);
      // Put an empty draft first, so that the composer stays empty after a send. `open` shows the next waiting draft.
      drafts.unshift({ id: this.#newId(), ...empty });
      return true;
    }
    drafts[0] = { id: drafts[0]?.id ?? this.#newId(), text, edit };
    return this.#store.put(KIND, drafts[0].id, { room, text, edit }) === KEPT;
  }

  /**
   * The draft to show when a room is opened: the first one that is not empty.
   * @param {string} room
   * @returns {Draft}
   */
  open(room) {
    const drafts = this.#of(room);
    while (drafts.length > 1 && drafts[0].text === '' && drafts[0].edit === null) drafts.shift();
    return this.get(room);
  }

  #of(room) {
    if (!this.#rooms.has(room)) this.#rooms.set(room, []);
    return this.#rooms.get(room);
  }
}

function validEdit(edit) {
  const { seq, original, text } = edit ?? {};
  return Number.isInteger(seq) && typeof text === 'string' ? { seq, original: typeof original === 'string' ? original : null, text } : null;
}
