/** What this browser keeps from one visit to the next. Where it keeps nothing (blocked, full), the page works as on a first visit. */
export function kept(key) {
  try {
    return localStorage.getItem(`orleanschat.${key}`);
  } catch {
    return null;
  }
}

/** Keeps a value, or with null forgets it. */
export function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(`orleanschat.${key}`);
    else localStorage.setItem(`orleanschat.${key}`, value);
  } catch {
    // Nothing that this visit depends on.
  }
}

/** What this tab alone keeps, until it is closed. */
export function keptInTab(key) {
  try {
    return sessionStorage.getItem(`orleanschat.${key}`);
  } catch {
    return null;
  }
}

/** Keeps a value in this tab alone, or with null forgets it. */
export function keepInTab(key, value) {
  try {
    if (value === null) sessionStorage.removeItem(`orleanschat.${key}`);
    else sessionStorage.setItem(`orleanschat.${key}`, value);
  } catch {
    // A reload asks again.
  }
}
