// Ctrl+Enter presses [data-ctrl-enter], Ctrl+S presses [data-ctrl-s]; the Command key does on a Mac.
const KEYS = { Enter: "[data-ctrl-enter]", s: "[data-ctrl-s]" };

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.isComposing) return;
  if (document.querySelector("dialog[open]")) return;
  const button = KEYS[event.key] && document.querySelector(KEYS[event.key]);
  if (!button) return;
  event.preventDefault();
  button.click();
});
