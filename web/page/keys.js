/**
 * Whether an input method (Japanese, Chinese, Korean …) uses this key. In Safari, the composition ends before the event
 * of the key that confirms it. Only the key code 229 then shows that the key belongs to the composition.
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
export function isComposing(event) {
  return event.isComposing || event.keyCode === 229;
}
