/**
 * Reads a value that the browser keeps across visits.
 * @param {string} key
 * @returns {string | null} null if there is no value, or if the storage is blocked
 */
export function kept(key) {
  try {
    return localStorage.getItem(`orleanschat.${key}`);
  } catch {
    return null;
  }
}

/**
 * Writes a value that the browser keeps across visits. Null removes it. Does nothing if the storage is blocked or full.
 * @param {string} key
 * @param {string | null} value
 */
export function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(`orleanschat.${key}`);
    else localStorage.setItem(`orleanschat.${key}`, value);
  } catch {
    // The page works without the stored value.
  }
}

/**
 * Reads a value that this tab keeps until it is closed.
 * @param {string} key
 * @returns {string | null} null if there is no value, or if the storage is blocked
 */
export function keptInTab(key) {
  try {
    return sessionStorage.getItem(`orleanschat.${key}`);
  } catch {
    return null;
  }
}

/**
 * Writes a value that this tab keeps until it is closed. Null removes it.
 * @param {string} key
 * @param {string | null} value
 */
export function keepInTab(key, value) {
  try {
    if (value === null) sessionStorage.removeItem(`orleanschat.${key}`);
    else sessionStorage.setItem(`orleanschat.${key}`, value);
  } catch {
    // The page works without the stored value. After a reload, the value is missing.
  }
}
