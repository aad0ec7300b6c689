// Browsers have reportError; Node.js does not.
const reportError = error => (globalThis.reportError ?? console.error)(error);

/**
 * Registers listeners for named events, and calls them. If a listener throws, the error is reported, and the other
 * listeners are still called.
 * @template {Record<string, any>} [Events=Record<string, any>] the type of each event's value, by the event's name
 */
export class Emitter {
  #listeners = new Map();

  /**
   * Subscribes to an event.
   * @template {keyof Events & string} Name
   * @param {Name} name
   * @param {(value: Events[Name]) => void} listener
   * @returns {() => void} a function that unsubscribes the listener
   */
  on(name, listener) {
    if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
    this.#listeners.get(name).add(listener);
    return () => this.#listeners.get(name).delete(listener);
  }

  /**
   * Calls the listeners of an event in the order in which they subscribed.
   * @template {keyof Events & string} Name
   * @param {Name} name
   * @param {Events[Name]} [value]
   */
  emit(name, value) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(value);
      } catch (error) {
        reportError(error);
      }
    }
  }
}
