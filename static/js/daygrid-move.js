// A visit is put elsewhere: dragged, made longer at its lower edge, or picked up with "m" and moved by the arrows. What is
// proposed is shown at its place and asked in the panel; the server decides.
const grid = document.querySelector("[data-daygrid]");
const ROW_MINUTES = 5;
const FAR = 5;
const EDGE = 7;
const NEAR = 32;
const HOLD_MS = 350;
const UNDO_MS = 30000;

let held = null;
// Whether a finger carries a visit: then it doesn't scroll, and its rest asks for no menu.
let carried = false;
// Whether the day was drawn anew while a visit was carried: it is shown once that is put down.
let late = false;

const columns = () => [...grid.querySelectorAll(".day-col")];
const rows = () => Number(grid.dataset.rows);
const stepRows = () => Number(grid.dataset.step) / ROW_MINUTES;
const heightOf = (column) => column.getBoundingClientRect().height / rows();
const said = (text) => (document.getElementById("move-said").textContent = text);
const number = (element, prefix) => Number([...element.classList].find((one) => one.startsWith(prefix)).slice(prefix.length));
const snap = (row) => Math.round(row / stepRows()) * stepRows();

// 10:20, as the hours at the side say: on a day whose clocks are moved the server's sentence says it exactly.
function clock(row) {
  const first = grid.querySelector(".day-hours span")?.textContent.slice(0, 5) ?? "00:00";
  const [hour, minute] = first.split(":").map(Number);
  const at = (hour * 60 + minute + row * ROW_MINUTES) % 1440;
  return `${String(Math.floor(at / 60)).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}`;
}

function pick(visit) {
  const column = visit.closest(".day-col");
  const row = number(visit, "gs-") - 1;
  // What the row can't say, a beginning or length between two rows, stays as it is until it is changed.
  const span = Math.round(Number(visit.dataset.minutes) / ROW_MINUTES);
  held = { visit, column, row, span, from: { column, row, span }, ghost: document.createElement("div") };
  held.ghost.setAttribute("aria-hidden", "true");
  visit.classList.add("appt-lifted");
  show();
}

function show() {
  held.row = Math.min(Math.max(held.row, 0), rows() - 1);
  held.span = Math.max(held.span, 1);
  held.ghost.className = `appt-ghost gs-${held.row + 1} gr-${Math.min(held.span, rows() - held.row)}`;
  held.ghost.textContent = target();
  if (held.ghost.parentElement !== held.column) held.column.append(held.ghost);
}

const target = () => `${clock(held.row)}–${clock(held.row + held.span)} ${held.column.dataset.name}`;
const moved = () => held.column !== held.from.column || held.row !== held.from.row || held.span !== held.from.span;

function drop() {
  const { visit, column, row, span, from } = held;
  if (!moved()) return put("It stays where it was.");
  const sameStart = column === from.column && row === from.row;
  const values = new URLSearchParams({
    practitioner: grid.dataset.practitioner ?? column.dataset.column,
    start: sameStart ? visit.dataset.start : instant(column, row),
    minutes: span === from.span ? visit.dataset.minutes : span * ROW_MINUTES,
    was_practitioner: grid.dataset.practitioner ?? from.column.dataset.column,
    was_start: visit.dataset.start,
    was_minutes: visit.dataset.minutes,
  });
  held.asked = true;
  htmx.ajax("GET", `${visit.getAttribute("href")}${grid.dataset.place}?${values}`, { source: visit, target: "#drawer", swap: "innerHTML" });
}

// In a week the clinic's wall clock counts, which the server knows; on a day the true time.
function instant(column, row) {
  const minutes = Number(grid.dataset.origin) + row * ROW_MINUTES;
  if (!("wall" in grid.dataset)) return new Date(minutes * 60000).toISOString();
  const two = (value) => String(value).padStart(2, "0");
  return `${column.dataset.day}T${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function put(text = "") {
  if (!held) return;
  const { visit, ghost } = held;
  ghost.remove();
  visit.classList.remove("appt-lifted");
  held = null;
  if (text) said(text);
  if (late) redraw();
}

// By pointer.
function under(x) {
  return columns().find((column) => {
    const box = column.getBoundingClientRect();
    return x >= box.left && x < box.right;
  });
}

// Near an edge of the calendar it scrolls along.
function follow(y) {
  const box = grid.getBoundingClientRect();
  const head = grid.querySelector(".day-head").offsetHeight;
  if (y > box.bottom - NEAR) grid.scrollTop += NEAR / 4;
  else if (y < box.top + head + NEAR) grid.scrollTop -= NEAR / 4;
}

// A mouse drags at once. A finger scrolls, unless it rests on the visit first; then the visit comes along.
function press(event) {
  const visit = event.target.closest("a[data-movable]");
  if (!visit || event.button || !event.isPrimary) return;
  if (held && !held.asked) return;
  put();
  const finger = event.pointerType !== "mouse";
  const box = visit.getBoundingClientRect();
  const edge = finger ? EDGE * 2 : EDGE;
  const start = { x: event.clientX, y: event.clientY, scrolled: grid.scrollTop };
  const resizes = box.bottom - event.clientY < edge && box.height > 2 * edge;
  let begun = false;

  const begin = () => {
    begun = true;
    carried = finger;
    pick(visit);
    if (finger) navigator.vibrate?.(15);
  };
  const drag = (moving) => {
    if (moving.pointerId !== event.pointerId) return;
    const far = Math.hypot(moving.clientX - start.x, moving.clientY - start.y) >= FAR;
    if (!begun && finger && far) return finish();
    if (!begun && !far) return;
    if (!begun) begin();
    if (!held) return;
    follow(moving.clientY);
    const by = snap((moving.clientY - start.y + grid.scrollTop - start.scrolled) / heightOf(held.column));
    if (resizes) held.span = Math.max(held.from.span + by, stepRows());
    else {
      held.row = held.from.row + by;
      held.column = under(moving.clientX) ?? held.column;
    }
    show();
  };
  const release = (ending) => {
    if (ending.pointerId !== event.pointerId) return;
    finish();
    if (!begun || !held) return;
    if (ending.type === "pointerup") drop();
    else put("It stays where it was.");
  };
  const finish = () => {
    clearTimeout(rest);
    carried = false;
    document.removeEventListener("pointermove", drag);
    document.removeEventListener("pointerup", release);
    document.removeEventListener("pointercancel", release);
    // The click that ends a drag opens nothing; it comes right after this, or not at all.
    if (begun) {
      grid.addEventListener("click", refuse, { capture: true, once: true });
      setTimeout(() => grid.removeEventListener("click", refuse, { capture: true }), 0);
    }
  };
  const rest = finger ? setTimeout(begin, HOLD_MS) : 0;
  document.addEventListener("pointermove", drag);
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", release);
}

const refuse = (event) => {
  event.preventDefault();
  event.stopPropagation();
};

// By keys.
function keys(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const visit = event.target.closest("a[data-movable]");
  if (!held && visit && ["m", "+", "-"].includes(event.key)) {
    pick(visit);
    if (event.key === "m") said(`Picked up. ${target()}. Arrows move it, Enter drops it, Escape leaves it where it was.`);
  }
  if (!held || held.asked || !act(event.key)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

function act(key) {
  const list = columns();
  const at = list.indexOf(held.column);
  if (key === "m") return true;
  if (key === "Enter") return drop(), true;
  if (key === "Escape") return put("It stays where it was."), true;
  if (key === "ArrowUp") held.row -= stepRows();
  else if (key === "ArrowDown") held.row += stepRows();
  else if (key === "ArrowLeft") held.column = list[at - 1] ?? held.column;
  else if (key === "ArrowRight") held.column = list[at + 1] ?? held.column;
  else if (key === "+") held.span += stepRows();
  else if (key === "-") held.span = Math.max(held.span - stepRows(), stepRows());
  else return false;
  show();
  held.ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
  said(target());
  return true;
}

async function redraw(visit) {
  late = false;
  await htmx.ajax("GET", location.pathname + location.search, { source: grid, target: grid, swap: "innerHTML", select: ".day" });
  if (visit) grid.querySelector(`[data-visit="${CSS.escape(visit)}"]`)?.setAttribute("aria-current", "true");
}

if (grid && !("fixed" in grid.dataset)) {
  grid.addEventListener("pointerdown", press);
  grid.addEventListener("dragstart", (event) => event.preventDefault());
  // Not passive, or the browser would scroll and take the finger away.
  for (const kind of ["touchmove", "contextmenu"]) grid.addEventListener(kind, (event) => carried && event.cancelable && event.preventDefault(), { passive: false });
  grid.addEventListener("keydown", keys, { capture: true });
  document.addEventListener("calendar:closed", () => put("It stays where it was."));
  document.body.addEventListener("calendar:refused", (event) => put(`${event.detail.text} It stays where it was.`));
  document.body.addEventListener("calendar:changed", (event) => {
    late = false;
    put("Moved.");
    redraw(event.detail.visit);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== grid || !held) return;
    event.detail.shouldSwap = false;
    late = true;
  });
  document.addEventListener("click", (event) => event.target.closest("[data-calendar-reload]") && redraw());
  document.addEventListener("htmx:afterSwap", (event) => {
    const undo = event.detail.target.id === "drawer" && event.detail.target.querySelector("[data-undo]");
    if (undo) setTimeout(() => undo.remove(), UNDO_MS);
  });
  // A click on time that is neither free nor taken opens booking there.
  grid.addEventListener("click", (event) => {
    const column = event.target.closest(".day-col");
    if (!column || event.target.closest("a") || !grid.dataset.book || event.defaultPrevented) return;
    const row = Math.floor((event.clientY - column.getBoundingClientRect().top) / heightOf(column) / stepRows()) * stepRows();
    const values = new URLSearchParams({ practitioner: grid.dataset.practitioner ?? column.dataset.column, start: instant(column, row) });
    htmx.ajax("GET", `${grid.dataset.book}?${values}`, { source: grid, target: "#drawer", swap: "innerHTML", select: ".booking" });
  });
}
