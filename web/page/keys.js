/**
 * Whether an input method (Japanese, Chinese, Korean …) uses this key. Safari ends the composition before the key event
 * that confirms it, and marks that event only with the key code 229.
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
export function isComposing(event) {
  return event.isComposing || event.keyCode === 229;
}
