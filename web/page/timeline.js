/** Most events kept of a room, and how many stay when that is exceeded. */
export const MOST = 1000;
const KEPT = 800;

/** Kinds that say something about an earlier message. */
const ABOUT = new Set(['edit', 'delete', 'react', 'unreact']);

/**
 * A bounded window onto a room's log: events without a hole between the first and the last. Either the newest event is in it, or it is *detached*
 * (the reader went far back) and what is newer is read from history again.
 */
export class Timeline {
  #events = [];
  /** Edits, deletions and reactions from behind a detached window that concern messages in it. */
  #later = [];

  detached = false;
  /** Nothing is older than the first event here. */
  atStart = false;

  get first() {
    return this.#events[0]?.seq ?? null;
  }

  get last() {
    return this.#events.at(-1)?.seq ?? null;
  }

  get size() {
    return this.#events.length;
  }

  /** A live event. */
  push(event) {
    if (this.detached) {
      if (ABOUT.has(event.kind) && event.ref <= this.last) this.#later = [...this.#later, event].slice(-MOST);
    } else if (this.last === null || event.seq > this.last) {
      this.#events.push({ ...event, asOf: event.seq });
      if (event.seq === 1) this.atStart = true;
    }
  }

  /**
   * A page of history that ends before the first event here or begins after the last.
   * @param {number} asOf the cursor when it came: its texts hold every edit up to there
   */
  merge(events, asOf) {
    const older = events.filter(event => this.first === null || event.seq < this.first);
    const newer = this.first === null ? [] : events.filter(event => event.seq > this.last);
    const dated = event => ({ ...event, asOf: Math.max(asOf, event.seq) });
    this.#events = [...older.map(dated), ...this.#events, ...newer.map(dated)];
    if (this.first === 1) this.atStart = true;
  }

  clear() {
    this.#events = [];
    this.#later = [];
    this.detached = false;
    this.atStart = false;
  }

  /** Lets the oldest go, as for somebody who reads the newest. */
  trimOldest(most = MOST, kept = KEPT) {
    if (this.size <= most) return;
    this.#events = this.#events.slice(-kept);
    this.atStart = false;
  }

  /** Lets the newest go, as for somebody who reads far back. */
  trimNewest(most = MOST, kept = KEPT) {
    if (this.size <= most) return;
    const gone = this.#events.slice(kept);
    this.#events = this.#events.slice(0, kept);
    this.detached = true;
    this.#later = [...gone, ...this.#later].filter(event => ABOUT.has(event.kind) && event.ref <= this.last);
  }

  /**
   * What is to be seen, oldest first: messages with their latest text and their reactions, and the comings and goings of a group.
   * @returns {{ seq, ts, from, kind: 'msg' | 'join' | 'leave', text: string | null, edited, deleted, reply, id, reactions: Map<string, string[]> }[]}
   */
  entries() {
    const entries = [];
    const bySeq = new Map();
    for (const event of [...this.#events, ...this.#later]) {
      if (event.kind === 'msg' || event.kind === 'join' || event.kind === 'leave') {
        const { seq, ts, from, kind, text, reply, id, asOf } = event;
        const entry = {
          seq, ts, from, kind, reply, id, asOf, text: text ?? null, edited: event.edited === true,
          deleted: kind === 'msg' && (text === undefined || text === null), reactions: new Map(),
        };
        entries.push(entry);
        bySeq.set(seq, entry);
        continue;
      }
      const about = bySeq.get(event.ref);
      if (about?.kind === 'msg') this.#apply(event, about);
    }
    return entries;
  }

  #apply({ seq, kind, from, text }, about) {
    if (kind === 'delete') {
      about.deleted = true;
      about.text = null;
    } else if (kind === 'edit' && from === about.from && !about.deleted && seq > about.asOf) {
      about.edited = true;
      about.text = text;
    } else if (kind === 'react') {
      const users = about.reactions.get(text) ?? [];
      if (!users.includes(from)) about.reactions.set(text, [...users, from]);
    } else if (kind === 'unreact') {
      const users = (about.reactions.get(text) ?? []).filter(user => user !== from);
      if (users.length) about.reactions.set(text, users);
      else about.reactions.delete(text);
    }
  }
}
