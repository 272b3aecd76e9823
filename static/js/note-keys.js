// Ctrl+Enter presses [data-ctrl-enter], Ctrl+S presses [data-ctrl-s]; the Command key does on a Mac.
// In a note Alt+Down and Alt+Up go from section to section ([data-section]), F2 to the next blank (____), to be typed over.
const KEYS = { Enter: "[data-ctrl-enter]", s: "[data-ctrl-s]" };
const WRITABLE = "summary, textarea, input:not([type=hidden])";

const first = (place) => [...(place?.querySelectorAll(WRITABLE) ?? [])].find((one) => one.getClientRects().length > 0);

function go(step) {
  const places = [...document.querySelectorAll("[data-section]")].filter((place) => first(place));
  const here = places.findIndex((place) => place.contains(document.activeElement));
  const next = places[here < 0 ? 0 : here + step];
  if (!next) return;
  first(next).focus();
  next.scrollIntoView({ block: "nearest" });
}

function goToBlank() {
  const boxes = [...document.querySelectorAll("[data-section] textarea")];
  const here = Math.max(boxes.indexOf(document.activeElement), 0);
  // From the caret on, through all boxes, and at last the beginning of this one.
  for (const step of Array(boxes.length + 1).keys()) {
    const box = boxes[(here + step) % boxes.length];
    const after = step === 0 && box === document.activeElement ? box.selectionEnd : 0;
    const found = /_{4,}/.exec(box.value.slice(after));
    if (!found) continue;
    box.closest("details")?.setAttribute("open", "");
    box.focus();
    box.setSelectionRange(after + found.index, after + found.index + found[0].length);
    return;
  }
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.shiftKey || document.querySelector("dialog[open]")) return;
  if (event.altKey && !event.ctrlKey && !event.metaKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    if (!document.querySelector("[data-section]")) return;
    event.preventDefault();
    go(event.key === "ArrowDown" ? 1 : -1);
    return;
  }
  if (event.key === "F2" && document.querySelector("[data-section]")) {
    event.preventDefault();
    goToBlank();
    return;
  }
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const button = KEYS[event.key] && document.querySelector(KEYS[event.key]);
  if (!button) return;
  event.preventDefault();
  button.click();
});

// Where writing goes on: at what a button led to, which the browser focuses by itself; in a part that a link led to; or,
// in a note just begun, in the first section.
window.addEventListener("load", () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target !== document.activeElement) (target.matches(WRITABLE) ? target : first(target))?.focus();
  else if (!target) first(document.querySelector("form[data-fresh] [data-section]"))?.focus();
});
