/** Maximum distance, in px, at which the list counts as scrolled to the end. */
const NEAR_END = 40;

/**
 * Keeps the scroll position of a list when items are added, redrawn or removed: a reader at the end stays at the end,
 * and a reader further up keeps the same message in view.
 */
export class Scroll {
  #frame;
  #list;
  #atEnd = true;

  /**
   * @param {HTMLElement} frame the element that scrolls
   * @param {HTMLElement} list
   * @param {() => void} moved called when the user scrolls, or when the size of the frame or of the list changes
   */
  constructor(frame, list, moved) {
    this.#frame = frame;
    this.#list = list;
    frame.addEventListener('scroll', () => {
      this.#atEnd = this.#distance() <= NEAR_END;
      moved();
    }, { passive: true });
    // Stay at the end if the composer grows, a phone's keyboard opens or the window is resized.
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

  /** Scrolls an item to one third of the height from the top. */
  to(item) {
    this.#frame.scrollTop += item.getBoundingClientRect().top - this.#frame.getBoundingClientRect().top - this.#frame.clientHeight / 3;
    this.#atEnd = this.#distance() <= NEAR_END;
  }

  /**
   * Changes the list and keeps the same messages in view.
   * @param {() => void} change
   */
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
      // Remember several items, because the change may remove the first one.
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
