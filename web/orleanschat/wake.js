/**
 * Calls `listener` after the page may have been suspended or the network may have been down: when the page becomes
 * visible, resumes (Page Lifecycle API) or returns from the back/forward cache, and when the browser goes online.
 * Without a page, as in Node.js, `listener` is never called.
 * @param {() => void} listener
 * @param {{ window?: EventTarget, document?: Document }} [targets] the targets of the browser's events
 * @returns {() => void} a function that unsubscribes the listener
 */
export function onWake(listener, { window = globalThis, document = globalThis.document } = {}) {
  const events = [
    [window, 'online', listener],
    [window, 'pageshow', event => { if (event.persisted) listener(); }],
    [document, 'resume', listener],
    [document, 'visibilitychange', () => { if (document.visibilityState === 'visible') listener(); }],
  ];
  for (const [target, name, heard] of events) target?.addEventListener?.(name, heard);
  return () => {
    for (const [target, name, heard] of events) target?.removeEventListener?.(name, heard);
  };
}
