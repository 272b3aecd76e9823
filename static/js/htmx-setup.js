// htmx: token on every request, and plain words when an answer is no fragment.
const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

const say = (text) =>
  document.body.dispatchEvent(new CustomEvent("toast", { detail: { text, level: "error" } }));

// htmx notes the page's address, with the patient's key in it, as it starts. Nothing stays in the browser.
sessionStorage.removeItem("htmx-current-path-for-history");

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = meta("csrf-token");
  // What a page asks by itself (a panel that loads, a clock) is no sign that somebody is there.
  if (!event.detail.triggeringEvent?.isTrusted) event.detail.headers["X-Background"] = "1";
});

// XMLHttpRequest follows the redirect to the log-in page; swapping that page into a card would hide what was typed.
document.addEventListener("htmx:beforeSwap", (event) => {
  const login = meta("login-path");
  const landed = new URL(event.detail.xhr.responseURL || location.href, location.href);
  if (login && landed.pathname === login && location.pathname !== login) {
    event.detail.shouldSwap = false;
    say("You are signed out. Sign in again in another tab; what you typed is kept here.");
  }
});

document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 401) document.dispatchEvent(new CustomEvent("session:ended"));
  else if (status === 403) say("You may not do this.");
  else if (status === 404) say("This is no longer here. Reload the page.");
  else say("The server could not do this. What you typed is kept.");
});

document.addEventListener("htmx:sendError", () => say("No connection. What you typed is kept."));
document.addEventListener("htmx:timeout", () => say("The server takes too long. Try again."));

// Whoever pressed a button that the answer replaced stands in what came instead, not at the top of the page.
const FIRST = "a[href], button:not([disabled], [tabindex='-1']), input:not([type=hidden]), select, textarea";
let replaced = "";
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig } = event.detail;
  const here = document.activeElement;
  // What answers to typing elsewhere takes the focus from nobody.
  const pressed = requestConfig?.triggeringEvent?.isTrusted && (here === document.body || target.contains(here));
  // Another part that is drawn meanwhile, as a checklist is after a payment, leaves it as it is.
  if (pressed && target !== requestConfig.elt && target.contains(requestConfig.elt)) replaced = target.id;
  else if (target.id === replaced) replaced = "";
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== replaced) return;
  const target = replaced && document.getElementById(replaced);
  replaced = "";
  if (!target || document.activeElement !== document.body) return;
  (target.querySelector("[autofocus], [aria-invalid=true]") ?? target.querySelector(FIRST))?.focus();
});
