// The small month by keyboard: one stop for Tab, arrows go by days and weeks, PageUp and PageDown by months.
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
const month = document.getElementById("month");
let from = null;

const days = () => [...month.querySelectorAll("td a")];

function stopAt(day) {
  for (const one of days()) one.tabIndex = one === day ? 0 : -1;
}

// Into another month: the day that was left, or a step from it, is found by its place once the new one is there.
function turn(forward, place) {
  const link = document.getElementById(forward ? "month-after" : "month-before");
  from = link && place;
  link?.click();
}

function keys(event) {
  const here = event.target.closest("td a");
  if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
  const list = days().filter((one) => !one.matches(".month-outside"));
  const at = list.indexOf(here);
  const paged = { PageUp: -1, PageDown: 1 }[event.key];
  if (paged) turn(paged > 0, { day: Number(here.textContent) });
  else if (event.key in STEPS) {
    const next = at < 0 ? 0 : at + STEPS[event.key];
    if (next in list) list[next].focus();
    else turn(next > 0, next > 0 ? { day: next - list.length + 1 } : { back: -next });
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

function begin() {
  stopAt(month.querySelector("[data-month-entry]"));
  if (!from) return;
  const list = days().filter((one) => !one.matches(".month-outside"));
  const day = from.back ? list.length - from.back : Math.min(from.day, list.length) - 1;
  from = null;
  list[day].focus();
}

if (month) {
  begin();
  month.addEventListener("keydown", keys);
  month.addEventListener("focusin", (event) => event.target.matches("td a") && stopAt(event.target));
  // The day that is on the page already is a place for the keyboard to come in, not one to go to.
  month.addEventListener("click", (event) => {
    const here = event.target.closest('a[aria-current="date"]');
    if (!here || event.detail) return;
    event.preventDefault();
    here.focus();
  });
  month.addEventListener("toggle", (event) => event.newState === "open" && month.querySelector('td a[tabindex="0"]').focus());
  document.addEventListener("htmx:afterSettle", (event) => event.detail.target.id === "month-of" && begin());
}
