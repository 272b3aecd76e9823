// The flow board: asks every few seconds whether anything changed, and changes only the rows that did. Without an
// answer it says for how long what it shows is old.
const EVERY_MS = 3000;
const off = () => document.cookie.split("; ").some((one) => one.endsWith("shortcuts=off"));
const board = () => document.getElementById("flow");
const stale = document.getElementById("flow-stale");
let timer, asking, again;
let answered = Date.now();

function told(fresh) {
  if (fresh) answered = Date.now();
  const words = `${Math.floor((Date.now() - answered) / 60000)} min`;
  const minutes = stale.querySelector("b");
  // What reads the page aloud is told of changes alone.
  if (minutes.textContent !== words) minutes.textContent = words;
  stale.hidden = fresh;
}

function place(fresh, previous) {
  const row = document.getElementById(fresh.id);
  const same = row?.dataset.rowVersion === fresh.dataset.rowVersion;
  const taken = same ? row : document.importNode(fresh, true);
  const focused = row?.contains(document.activeElement);
  const within = focused && document.activeElement !== row;
  if (!same && row) row.replaceWith(taken);
  if (previous.nextElementSibling !== taken) previous.after(taken);
  if (focused && !taken.contains(document.activeElement)) {
    taken.tabIndex = -1;
    ((within && taken.querySelector("button, a")) || taken).focus({ preventScroll: true });
  }
  return taken;
}

function take(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("flow");
  const here = board();
  if (!fresh || !here) return;
  const [top, left] = [scrollY, scrollX];
  if (fresh.querySelectorAll("[data-row]").length === 0 || here.querySelectorAll("[data-row]").length === 0) {
    here.replaceWith(document.importNode(fresh, true));
    return;
  }
  const known = new Set();
  for (const group of fresh.querySelectorAll("tbody")) {
    const mine = document.getElementById(group.id);
    // Before its rows come: nothing in a hidden group can take the focus.
    if (!group.hidden) mine.hidden = false;
    let previous = mine.querySelector(".flow-head");
    previous.replaceChildren(...group.querySelector(".flow-head").childNodes);
    for (const row of group.querySelectorAll("[data-row]")) {
      known.add(row.id);
      previous = place(row, previous);
    }
  }
  for (const row of here.querySelectorAll("[data-row]")) if (!known.has(row.id)) row.remove();
  for (const group of fresh.querySelectorAll("tbody")) document.getElementById(group.id).hidden = group.hidden;
  here.querySelector(".flow-count").textContent = fresh.querySelector(".flow-count").textContent;
  here.dataset.version = fresh.dataset.version;
  scrollTo(left, top);
}

async function ask() {
  clearTimeout(timer);
  if (document.hidden) return;
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  const { flow, practitioner, version } = board().dataset;
  try {
    const answer = await fetch(`${flow}?${new URLSearchParams({ practitioner, version })}`, {
      headers: { "HX-Request": "true", "X-Background": "true" },
      redirect: "manual",
    });
    if (answer.type === "opaqueredirect" || answer.status === 401) {
      document.dispatchEvent(new CustomEvent("session:ended"));
      return;
    }
    if (answer.status === 403) return location.reload();
    if (answer.status === 200) take(await answer.text());
    told(answer.ok);
  } catch {
    told(false);
  } finally {
    asking = false;
  }
  timer = setTimeout(ask, again ? 0 : EVERY_MS);
  again = false;
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-flow-step]");
  if (!form) return;
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "HX-Request": "true" },
      redirect: "manual",
    });
    // What was refused is told on a page of its own, by the same request without a script.
    if (answer.status !== 204) form.submit();
    else await ask();
  } catch {
    form.submit();
  } finally {
    delete form.dataset.sent;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || off()) return;
  if (document.querySelector("dialog[open]")) return;
  const row = document.activeElement?.closest?.("tr[data-row]");
  if (!row || event.target.closest("input, select, textarea")) return;
  const form = [...row.querySelectorAll("[data-flow-step]")].find((one) => one.dataset.flowStep === event.key);
  if (!form) return;
  event.preventDefault();
  event.stopPropagation();
  if (form.matches("a")) form.click();
  else form.requestSubmit();
});

document.addEventListener("session:resumed", ask);
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : ask()));
if (board()) timer = setTimeout(ask, EVERY_MS);
