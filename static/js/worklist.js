// Tables that people work through: j/k or arrows move, Enter opens, x selects, the head's box selects all.
const rowsOf = (table) => [...table.querySelectorAll("tbody tr[data-row]")];
const current = () => document.activeElement?.closest?.("tr[data-row]");
const writing = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog");
const COOKIE = `${location.protocol === "https:" ? "__Host-" : ""}shortcuts=off`;
const off = () => document.cookie.split("; ").includes(COOKIE);

function focus(row) {
  if (!row) return;
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function step(table, by) {
  const rows = rowsOf(table);
  const at = rows.indexOf(current());
  focus(rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)]);
}

function count(table) {
  const boxes = [...table.querySelectorAll("tbody .check input")];
  const chosen = boxes.filter((box) => box.checked).length;
  const all = table.querySelector("[data-check-all]");
  if (all) {
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  for (const place of document.querySelectorAll("[data-selected-count]")) place.textContent = String(chosen);
}

// Where no row is chosen, the one that one stands on is.
function choose(table, row) {
  const boxes = [...table.querySelectorAll("tbody .check input:not(:disabled)")];
  const mine = row?.querySelector(".check input:not(:disabled)");
  if (mine && !boxes.some((box) => box.checked)) mine.checked = true;
  count(table);
  return boxes.some((box) => box.checked);
}

// A button with data-row-key acts on the chosen rows.
function press(table, row, key) {
  const button = document.querySelector(`[data-row-key="${CSS.escape(key)}"]`);
  if (!button || !choose(table, row)) return false;
  button.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  const row = current();
  const table = row?.closest("[data-worklist]") ?? document.querySelector("[data-worklist]");
  if (!table || document.querySelector("dialog[open]")) return;
  const letters = off() ? {} : { j: 1, k: -1 };
  const arrows = row ? { ArrowDown: 1, ArrowUp: -1 } : {};
  const by = letters[event.key] ?? arrows[event.key];
  if (by) step(table, by);
  else if (row && event.key === "Enter" && document.activeElement === row) row.querySelector("a[href]")?.click();
  else if (row && event.key === "x" && !off()) row.querySelector(".check input")?.click();
  else if (off() || !press(table, row, event.key)) return;
  event.preventDefault();
});

// A fold with what is done to the chosen rows opens in its first field, whether by its key or by the mouse.
document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("[data-fold][open]")) return;
  const table = document.querySelector("[data-worklist]");
  if (table) choose(table, current());
  event.target.querySelector("input, select, textarea")?.focus();
}, true);

document.addEventListener("change", (event) => {
  const table = event.target.closest?.("[data-worklist]");
  if (!table) return;
  if (event.target.matches("[data-check-all]")) {
    for (const box of table.querySelectorAll("tbody .check input:not(:disabled)")) box.checked = event.target.checked;
  }
  if (event.target.matches('input[type="checkbox"]')) count(table);
});

for (const table of document.querySelectorAll("[data-worklist]")) count(table);
