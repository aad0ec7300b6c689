/** As near to the end as this, in px, counts as being there. */
const NEAR_END = 40;

/**
 * Keeps a scrolled list where its reader has it, whatever is added, drawn again or taken away: at the end for somebody at the end, on the same
 * message for somebody above.
 */
export class Scroll {
  #frame;
  #list;
  #atEnd = true;

  /** @param {() => void} moved called when the reader scrolled or the size changed */
  constructor(frame, list, moved) {
    this.#frame = frame;
    this.#list = list;
    frame.addEventListener('scroll', () => {
      this.#atEnd = this.#distance() <= NEAR_END;
      moved();
    }, { passive: true });
    // The composer grows, a phone's keyboard opens, a window is made narrower: the end stays the end.
    const sizes = new ResizeObserver(() => {
      if (this.#atEnd) this.toEnd();
      moved();
    });
    sizes.observe(frame);
    sizes.observe(list);
  }

  get atEnd() {
    return this.#atEnd;
  }

  get aboveTop() {
    return this.#frame.scrollTop;
  }

  get belowEnd() {
    return this.#distance();
  }

  toEnd() {
    this.#atEnd = true;
    this.#frame.scrollTop = this.#frame.scrollHeight;
  }

  /** Brings an item to the middle, as the line above what is new. */
  to(item) {
    this.#frame.scrollTop += item.getBoundingClientRect().top - this.#frame.getBoundingClientRect().top - this.#frame.clientHeight / 3;
    this.#atEnd = this.#distance() <= NEAR_END;
  }

  /** Makes a change to the list; the reader sees the same messages after it. */
  keep(change) {
    if (this.#atEnd) {
      change();
      this.toEnd();
      return;
    }
    const top = this.#frame.getBoundingClientRect().top;
    const anchors = [];
    for (const item of this.#list.children) {
      const box = item.getBoundingClientRect();
      if (box.bottom < top) continue;
      anchors.push([item, box.top]);
      // More than one: the first may be the very one that goes.
      if (anchors.length === 8) break;
    }
    change();
    const kept = anchors.find(([item]) => item.isConnected);
    if (kept) this.#frame.scrollTop += kept[0].getBoundingClientRect().top - kept[1];
  }

  #distance() {
    return this.#frame.scrollHeight - this.#frame.scrollTop - this.#frame.clientHeight;
  }
}
