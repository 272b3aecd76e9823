// The calendar by keyboard: one stop for Tab, arrows move between times and visits, Enter opens, Escape closes the panel.
// From anywhere on the page j and k go to the next and the former visit, f and F to free times; at first from now.
const grid = document.querySelector("[data-daygrid]");
const STOP = "a.slot, a.appt";

const top = (element) => element.getBoundingClientRect().top;
const stops = (column) => [...column.querySelectorAll(STOP)].sort((a, b) => top(a) - top(b));

function enter(element) {
  for (const one of grid.querySelectorAll('a[tabindex="0"]')) one.tabIndex = -1;
  element.tabIndex = 0;
  element.focus();
  element.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function beside(columns, at, by, height) {
  for (let next = at + by; next >= 0 && next < columns.length; next += by) {
    const found = stops(columns[next]);
    if (found.length) return found.reduce((a, b) => (Math.abs(top(a) - height) <= Math.abs(top(b) - height) ? a : b));
  }
  return null;
}

function move(event) {
  const here = event.target.closest(STOP);
  const by = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!here || !by || event.altKey || event.ctrlKey || event.metaKey) return;
  const columns = [...grid.querySelectorAll(".day-col")];
  const column = here.closest(".day-col");
  const list = stops(column);
  const upright = event.key === "ArrowDown" || event.key === "ArrowUp";
  const next = upright ? list[list.indexOf(here) + by] : beside(columns, columns.indexOf(column), by, top(here));
  event.preventDefault();
  if (next) enter(next);
}

const byDay = () => "practitioner" in grid.dataset;

// Everything in it with the time at which it stands; what is at the same time counts from left to right. A week goes day by day.
function inOrder() {
  const place = (one, at) => (byDay() ? at * 1e6 + top(one) : top(one) + at / 1e3);
  const all = [...grid.querySelectorAll(".day-col")].flatMap((column, at) => stops(column).map((one) => ({ one, place: place(one, at) })));
  return all.sort((a, b) => a.place - b.place);
}

function seek(kind, by) {
  const all = inOrder();
  const from = document.activeElement.closest("[data-daygrid] a") ?? grid.querySelector('a[aria-current="true"]');
  const now = grid.querySelector("[data-now]");
  const today = (one) => !byDay() || now.parentElement.contains(one);
  const begin = all.find(({ one }) => now && today(one) && one.getBoundingClientRect().bottom > top(now));
  const here = all.find(({ one }) => one === from)?.place ?? (begin ? begin.place - 1e-4 : -Infinity);
  const fits = all.filter(({ one, place }) => one.matches(kind) && (by > 0 ? place > here : place < here));
  const next = fits.at(by > 0 ? 0 : -1);
  if (next) enter(next.one);
}

const KEYS = { j: ["a.appt", 1], k: ["a.appt", -1], f: ["a.slot", 1], F: ["a.slot", -1] };
const off = () => document.cookie.split("; ").some((one) => one.endsWith("shortcuts=off"));

function jump(event) {
  const wanted = KEYS[event.key];
  if (!wanted || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || off()) return;
  if (event.target.closest("input, select, textarea, dialog") || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  seek(...wanted);
}

function close() {
  const drawer = document.getElementById("drawer");
  if (!drawer?.childElementCount) return;
  const back = grid.querySelector('a[aria-current="true"]');
  drawer.replaceChildren();
  document.dispatchEvent(new CustomEvent("calendar:closed"));
  back?.removeAttribute("aria-current");
  back?.focus();
}

function open(element, address, select) {
  htmx.ajax("GET", address, { source: element, target: "#drawer", swap: "innerHTML", select });
}

// What has the focus keeps it when the day is drawn anew under it.
let kept = null;
const again = (one) => (one.dataset.visit ? `[data-visit="${CSS.escape(one.dataset.visit)}"]` : `a[href="${CSS.escape(one.getAttribute("href"))}"]`);

function drawn() {
  begin();
  const found = kept && grid.querySelector(kept);
  kept = null;
  if (found) enter(found);
}

function begin() {
  const all = [...grid.querySelectorAll(STOP)];
  all.forEach((one, number) => (one.tabIndex = number === 0 ? 0 : -1));
}

// The next visit of which nobody has said how it went, after the one that is open; at the end from the first again.
function nextOpen() {
  const list = [...grid.querySelectorAll("[data-open]")].sort((a, b) => (a.dataset.start < b.dataset.start ? -1 : 1));
  const here = grid.querySelector('a[aria-current="true"]');
  const next = list[list.indexOf(here) + 1] ?? list[0];
  if (!next) return;
  enter(next);
  next.click();
}

// The line of now goes a row down every five minutes.
function keepNow() {
  const from = Number(grid.dataset.nowFrom);
  const begun = Date.now();
  if (!from) return;
  setInterval(() => {
    const row = from + Math.floor((Date.now() - begun) / 300000);
    for (const line of grid.querySelectorAll("[data-now]")) {
      line.className = row <= Number(grid.dataset.rows) ? `now gs-${row}` : "now";
      line.hidden = row > Number(grid.dataset.rows);
    }
  }, 30000);
}

if (grid) {
  begin();
  keepNow();
  grid.addEventListener("keydown", move);
  grid.addEventListener("focusin", (event) => {
    const one = event.target.closest(STOP);
    if (one && one.tabIndex !== 0) enter(one);
  });
  grid.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const one = event.target.closest(STOP);
    if (!one) return;
    event.preventDefault();
    // The booking page's own form; sent, it answers as that page does.
    open(one, one.href, one.matches(".slot") ? ".booking" : undefined);
  });
  const now = grid.querySelector("[data-now]");
  // What was an hour ago stays in sight over the line of now.
  if (now) grid.scrollTop = now.offsetTop - grid.clientHeight / 3;
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
  document.addEventListener("keydown", jump);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-drawer-close]")) close();
    if (event.target.closest("[data-next-open]")) nextOpen();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const here = document.activeElement;
    if (event.detail.target === grid) kept = grid.contains(here) && here.matches(STOP) ? again(here) : null;
  });
  document.addEventListener("htmx:afterSwap", (event) => event.detail.target === grid && drawn());
  // Not before htmx knows the new form: whoever presses Enter at once would send it as a page of its own.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id !== "drawer") return;
    const drawer = event.detail.target;
    const cause = event.detail.requestConfig?.elt;
    if (cause?.closest("[data-daygrid]") && cause.matches(STOP)) {
      for (const one of grid.querySelectorAll("a[aria-current]")) one.removeAttribute("aria-current");
      cause.setAttribute("aria-current", "true");
    }
    const wanted = ["[data-undo] button", "[data-place-go]", ".booking input[type=text]", "[data-drawer-close]"];
    wanted.map((one) => drawer.querySelector(one)).find(Boolean)?.focus();
  });
}
