// The browser has reportError; elsewhere the console must do.
const reportError = error => (globalThis.reportError ?? console.error)(error);

/** Named events with plain values. A listener that throws is reported and hurts neither the others nor the reading of frames. */
export class Emitter {
  #listeners = new Map();

  /** Calls `listener` at every `name`; returns the function that ends it. */
  on(name, listener) {
    if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
    this.#listeners.get(name).add(listener);
    return () => this.#listeners.get(name).delete(listener);
  }

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
