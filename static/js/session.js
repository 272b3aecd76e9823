// The end of a session as the page sees it: a warning before it, a covered screen after it, and the way back.
//
// The server decides (see emr/accounts/sessions). Here a real key press or tap says, at most once a minute, that
// somebody is there; asking how much time is left never does. Other scripts say "session:ended" when a request of
// theirs is refused as signed out, and hear "session:flush" (save now) and "session:resumed" (signed in again).
const TELL_MS = 60000;
const ASK_MS = 5000;
const meta = document.querySelector('meta[name="session"]');
const channel = "BroadcastChannel" in window ? new BroadcastChannel("session") : null;
const say = (name) => document.dispatchEvent(new CustomEvent(name));

function changed(form) {
  if (form.dataset.autosave !== undefined) return form.dataset.unsaved === "1";
  if (form.method !== "post" || form.getAttribute("role") === "search") return false;
  return [...form.elements].some((field) => {
    if (field.type === "hidden" || field.disabled) return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field instanceof HTMLSelectElement) return [...field.options].some((option) => option.selected !== option.defaultSelected) && field.dataset.touched === "1";
    return (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) && field.value !== field.defaultValue;
  });
}

function guard() {
  const { user, status, extend, login, home } = meta.dataset;
  const warnMs = Number(meta.dataset.warn) * 1000;
  const warning = document.getElementById("session-warning");
  const cover = document.getElementById("session-cover");
  const title = document.title;
  let ends = Date.now() + Number(meta.content) * 1000;
  let told = Date.now();
  let asked = 0;
  let busy = false;

  function last(seconds) {
    ends = Date.now() + seconds * 1000;
    if (seconds * 1000 > warnMs && warning.open) warning.close();
  }

  function renew(token) {
    document.querySelector('meta[name="csrf-token"]')?.setAttribute("content", token);
    for (const input of document.querySelectorAll('input[name="csrfmiddlewaretoken"]')) input.value = token;
  }

  function lock() {
    if (!cover.hidden) return;
    if (warning.open) warning.close();
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    document.documentElement.dataset.locked = "1";
    document.title = "Signed out · Chartroom";
    cover.hidden = false;
    if ([...document.forms].some(changed)) {
      cover.querySelector("a").focus();
      return;
    }
    // Nothing waits here to be sent: leave nothing of the page behind.
    location.replace(`${login}?next=${encodeURIComponent(location.pathname + location.search)}`);
  }

  function unlock(body) {
    if (body.user !== user) return location.replace(home);
    renew(body.token);
    if (cover.hidden) return;
    delete document.documentElement.dataset.locked;
    document.title = title;
    cover.hidden = true;
    say("session:resumed");
  }

  async function ask(url, method) {
    if (busy) return;
    busy = true;
    asked = Date.now();
    const headers = { Accept: "application/json", "X-CSRFToken": document.querySelector('meta[name="csrf-token"]')?.content ?? "" };
    if (method === "GET") headers["X-Background"] = "1";
    try {
      const answer = await fetch(url, { method, headers, credentials: "same-origin" });
      if (answer.status === 403 && method === "POST") return setTimeout(() => ask(status, "GET"));
      if (!answer.ok || answer.redirected) return;
      const body = await answer.json();
      if (!body.user) return lock();
      last(body.left);
      unlock(body);
      if (method === "POST") channel?.postMessage({ left: body.left, user });
    } catch {
      // No connection: the time runs on here.
      if (Date.now() >= ends) lock();
    } finally {
      busy = false;
    }
  }

  function tick() {
    const left = ends - Date.now();
    if (!cover.hidden) return void (Date.now() - asked > ASK_MS && ask(status, "GET"));
    if (left <= 0) return void (Date.now() - asked > 1000 && ask(status, "GET"));
    if (left > warnMs) return;
    if (!warning.open && Date.now() - asked > ASK_MS) {
      say("session:flush");
      ask(status, "GET").then(() => {
        if (ends - Date.now() <= warnMs && cover.hidden && !warning.open) warning.showModal();
      });
    }
    const seconds = Math.ceil(left / 1000);
    warning.querySelector("[data-left]").textContent = seconds > 60 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${seconds} s`;
    if (seconds === 5) say("session:flush");
  }

  const active = (event) => {
    if (!event.isTrusted || warning.open || !cover.hidden || Date.now() - told < TELL_MS) return;
    told = Date.now();
    ask(extend, "POST");
  };
  for (const name of ["pointerdown", "keydown", "wheel", "touchstart"]) document.addEventListener(name, active, { passive: true, capture: true });
  document.addEventListener("change", (event) => event.isTrusted && event.target.dataset && (event.target.dataset.touched = "1"));
  warning.querySelector("[data-stay]").addEventListener("click", () => ask(extend, "POST"));
  warning.addEventListener("cancel", (event) => event.preventDefault());
  document.addEventListener("session:ended", () => ask(status, "GET"));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && (Date.now() >= ends || !cover.hidden) && ask(status, "GET"));
  window.addEventListener("pageshow", (event) => event.persisted && ask(status, "GET"));
  window.addEventListener("focus", () => !cover.hidden && ask(status, "GET"));
  channel?.addEventListener("message", (event) => (event.data.user === user ? last(event.data.left) : ask(status, "GET")));
  setInterval(tick, 1000);
}

// A page without a session (the log-in) tells the other tabs to look whether theirs is still there.
// Proving who one is shows nothing of a patient and needs no cover.
if (meta && document.getElementById("session-warning")) guard();
else if (!meta) channel?.postMessage({ user: "" });
