// Keys: "/" finds, "?" lists, and sequences such as "g s" click the element that carries them in data-shortcut.
// Single keys get in the way of speech input, so that the list has a switch to turn them off (WCAG 2.1.4).
const GAP_MS = 900;
// As with the theme: the prefix, which browsers take over HTTPS alone, says that no other host has set it.
const SECURE = location.protocol === "https:";
const COOKIE = `${SECURE ? "__Host-" : ""}shortcuts=off`;
let typed = [];
let last = 0;
let off = document.cookie.split("; ").includes(COOKIE);

const visible = (element) => element.getClientRects().length > 0;
const writing = (target) => target instanceof Element && target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

function find(keys) {
  const all = [...document.querySelectorAll("[data-shortcut]")].filter((element) => visible(element) && !element.disabled);
  return {
    hit: all.find((element) => element.dataset.shortcut === keys),
    more: all.some((element) => element.dataset.shortcut.startsWith(`${keys} `)),
  };
}

function fill(list) {
  const seen = new Set();
  list.querySelectorAll("[data-added]").forEach((row) => row.remove());
  for (const element of document.querySelectorAll("[data-shortcut]")) {
    const keys = element.dataset.shortcut;
    if (seen.has(keys) || !visible(element)) continue;
    seen.add(keys);
    const row = document.createElement("div");
    row.dataset.added = "";
    const label = document.createElement("span");
    const text = element.querySelector(".label, span:not(.count)") ?? element;
    label.textContent = element.getAttribute("aria-label") ?? text.textContent.trim();
    const box = document.createElement("span");
    for (const key of keys.split(" ")) {
      const kbd = document.createElement("kbd");
      kbd.textContent = key;
      box.append(kbd, " ");
    }
    row.append(label, box);
    list.append(row);
  }
}

function help() {
  const dialog = document.getElementById("shortcuts");
  if (!dialog) return;
  fill(dialog.querySelector("[data-shortcut-list]"));
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  if (off || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]")) return;
  if (writing(event.target)) {
    // Out of the field, so that the keys below mean something again; Tab goes on from there.
    if (event.key === "Escape" && !event.defaultPrevented) event.target.blur();
    return;
  }
  if (event.key.length !== 1 || event.key === " ") return;
  const field = document.querySelector(`[data-focus-key="${CSS.escape(event.key)}"]`);
  if (field) {
    event.preventDefault();
    field.focus();
    field.select();
    return;
  }
  if (event.key === "?") {
    event.preventDefault();
    help();
    return;
  }
  if (event.timeStamp - last > GAP_MS) typed = [];
  last = event.timeStamp;
  typed.push(event.key);
  let { hit, more } = find(typed.join(" "));
  if (!hit && !more) {
    typed = [event.key];
    ({ hit, more } = find(event.key));
  }
  if (!hit) {
    if (!more) typed = [];
    return;
  }
  event.preventDefault();
  typed = [];
  hit.click();
});

document.addEventListener("click", (event) => {
  if (event.target.closest('[data-dialog-open="shortcuts"]')) fill(document.querySelector("[data-shortcut-list]"));
});

const toggle = document.querySelector("[data-shortcut-switch]");
if (toggle) {
  toggle.closest("label").hidden = false;
  toggle.checked = !off;
  toggle.addEventListener("change", () => {
    off = !toggle.checked;
    document.cookie = `${COOKIE}; path=/; samesite=lax; max-age=${off ? 31536000 : 0}${SECURE ? "; secure" : ""}`;
  });
}
