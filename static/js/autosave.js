// Drafts on the server: form[data-autosave=URL] is posted some seconds after a change, and when one leaves the field or the page.
//
// Answers: 200 JSON {"text": "Draft saved 10:42", "version": 4}; 409 JSON {"text": …, "url": page to merge on}.
// Saving never keeps a session alive by itself: that is session.js, after a real key press or tap.
// With the time that an answer takes, the server is at most five seconds behind.
const EVERY_MS = 3000;
// The most that a browser sends on after its page is gone; more is refused at once.
const MOST_KEPT_ALIVE = 60000;
const RETRY_MS = [2000, 5000, 10000, 15000];

// Signing in again, in another tab, makes this page's form token stale: take the new one, so that the text can be saved.
// Never that of another person, under whose name it would be kept: session.js leaves the page then.
async function renew() {
  const session = document.querySelector('meta[name="session"]');
  if (!session) return;
  const headers = { Accept: "application/json", "X-Background": "1" };
  const answer = await fetch(session.dataset.status, { headers, credentials: "same-origin" });
  const body = answer.ok && !answer.redirected ? await answer.json() : {};
  if (body.user !== session.dataset.user) return void document.dispatchEvent(new CustomEvent("session:ended"));
  document.querySelector('meta[name="csrf-token"]').content = body.token;
  document.querySelectorAll('input[name="csrfmiddlewaretoken"]').forEach((input) => (input.value = body.token));
}

function start(form) {
  if (form.dataset.ready) return;
  form.dataset.ready = "1";
  const place = form.querySelector("[data-save-state]") ?? document.querySelector("[data-save-state]");
  let dirty = false;
  // session.js asks whether there is text that the server has not got.
  const mark = (value) => {
    dirty = value;
    form.dataset.unsaved = value ? "1" : "";
  };
  let busy = false;
  let failures = 0;
  let timer = 0;

  const say = (state, text, url) => {
    if (!place) return;
    place.dataset.state = state;
    place.textContent = text;
    if (!url) return;
    const link = document.createElement("a");
    link.href = url;
    link.textContent = "Compare";
    place.append(" ", link);
  };
  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(() => save(false), wait);
  };
  const failed = (text, url) => {
    mark(true);
    say("failed", text, url);
  };
  const retry = () => {
    later(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
    failures += 1;
  };

  const taken = () => {
    failures = 0;
    form.dataset.unsaved = dirty ? "1" : "";
    if (dirty) later(EVERY_MS);
  };

  async function read(answer) {
    const body = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
    if (answer.status === 409) {
      // The server keeps it beside the newer version: what is typed from now on is kept too.
      say("failed", body.text ?? "Someone else changed this note. Your text is kept.", body.url);
      return taken();
    }
    if (answer.status === 401 || answer.redirected) {
      failed("You are signed out. Your text is kept; sign in again in another tab.");
      document.dispatchEvent(new CustomEvent("session:ended"));
      return retry();
    }
    if (answer.status === 403) await renew();
    if (!answer.ok) {
      failed(body.text ?? "Could not save. Your text is kept.");
      return retry();
    }
    const version = form.elements.namedItem("version");
    if (version && body.version !== undefined) version.value = body.version;
    if (!dirty) say("saved", body.text ?? "Draft saved");
    taken();
  }

  async function save(leaving) {
    // Leaving breaks off what is on its way: it is sent once more.
    if (leaving ? !dirty && !busy : !dirty || busy) return;
    clearTimeout(timer);
    busy = true;
    dirty = false;
    const headers = { "X-Requested-With": "autosave", Accept: "application/json" };
    headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
    try {
      const body = new URLSearchParams(new FormData(form));
      const keepalive = leaving && body.toString().length < MOST_KEPT_ALIVE;
      await read(await fetch(form.dataset.autosave, { method: "POST", body, headers, keepalive, credentials: "same-origin" }));
    } catch {
      failed("Could not save. Your text is kept.");
      retry();
    } finally {
      busy = false;
    }
  }

  form.addEventListener("input", () => {
    const first = !dirty;
    mark(true);
    if (place?.dataset.state !== "failed") say("dirty", "Not saved yet");
    if (first && !busy) later(EVERY_MS);
  });
  form.addEventListener("focusout", () => save(false));
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save(true));
  window.addEventListener("pagehide", () => save(true));
  window.addEventListener("online", () => save(false));
  window.addEventListener("focus", () => failures && save(false));
  document.addEventListener("session:flush", () => save(false));
  document.addEventListener("session:resumed", () => save(false));
  let submitting = false;
  form.addEventListener("submit", () => {
    submitting = true;
    mark(false);
    clearTimeout(timer);
  });
  // Before the next page is asked for: it may be this one again, which then shows what was typed last.
  window.addEventListener("beforeunload", (event) => {
    if (submitting) return;
    if (dirty && failures) event.preventDefault();
    save(true);
  });
}

const startAll = (root) => root.querySelectorAll("form[data-autosave]").forEach(start);
startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.target));
