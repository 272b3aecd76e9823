// The day grid by keyboard: one stop for Tab, arrows move between times and visits, Escape closes the panel.
const grid = document.querySelector("[data-daygrid]");

const stops = (column) => [...column.querySelectorAll("a.slot, a.appt")].sort((a, b) => top(a) - top(b));
const top = (element) => element.getBoundingClientRect().top;

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
  const here = event.target.closest("a.slot, a.appt");
  const steps = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 };
  const by = steps[event.key];
  if (!here || !by || event.altKey || event.ctrlKey || event.metaKey) return;
  const columns = [...grid.querySelectorAll(".day-col")];
  const column = here.closest(".day-col");
  const list = stops(column);
  const upright = event.key === "ArrowDown" || event.key === "ArrowUp";
  const next = upright ? list[list.indexOf(here) + by] : beside(columns, columns.indexOf(column), by, top(here));
  event.preventDefault();
  if (next) enter(next);
}

function close() {
  const drawer = document.getElementById("drawer");
  if (!drawer?.childElementCount) return;
  const back = grid.querySelector('a[aria-current="true"]');
  drawer.replaceChildren();
  back?.removeAttribute("aria-current");
  back?.focus();
}

if (grid) {
  const all = [...grid.querySelectorAll("a.slot, a.appt")];
  all.forEach((one, number) => (one.tabIndex = number === 0 ? 0 : -1));
  grid.addEventListener("keydown", move);
  grid.addEventListener("focusin", (event) => {
    const one = event.target.closest("a.slot, a.appt");
    if (one && one.tabIndex !== 0) enter(one);
  });
  const now = grid.querySelector("[data-now]");
  // What was an hour ago stays in sight over the line of now.
  if (now) grid.scrollTop = now.offsetTop - grid.clientHeight / 3;
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
  document.addEventListener("click", (event) => event.target.closest("[data-drawer-close]") && close());
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "drawer") return;
    for (const one of grid.querySelectorAll("a[aria-current]")) one.removeAttribute("aria-current");
    event.detail.requestConfig?.elt?.setAttribute("aria-current", "true");
    event.detail.target.querySelector("[data-drawer-close]")?.focus();
  });
}
