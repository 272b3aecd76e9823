// Suggestions while typing (ARIA combobox). The answer is a list of role=option; a choice fills the code or follows its link.
const WAIT_MS = 180;

function set(id, value) {
  const field = id && document.getElementById(id);
  if (field) field.value = value ?? "";
}

// A patient's name must not land in a URL, and so in logs and histories: data-method="post" sends it in the body.
function question(box, text, listId) {
  const headers = { "HX-Request": "true", "HX-Target": listId };
  const url = new URL(box.dataset.source, location.href);
  if (box.dataset.method !== "post") {
    url.searchParams.set("q", text);
    return fetch(url, { headers, credentials: "same-origin" });
  }
  const body = new URLSearchParams({ q: text });
  if (box.dataset.code) body.set("pick", "1");
  headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  return fetch(url, { method: "POST", body, headers, credentials: "same-origin" });
}

function start(box) {
  const input = document.getElementById(box.dataset.text);
  const list = document.getElementById(box.dataset.list);
  if (!input || !list || box.dataset.ready) return;
  box.dataset.ready = "1";
  Object.assign(input, { autocomplete: "off", role: "combobox" });
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");
  let timer = 0;
  let asked = 0;

  const options = () => [...list.querySelectorAll('[role="option"]')];
  const active = () => list.querySelector('[aria-selected="true"]');
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (option) => {
    for (const one of options()) one.setAttribute("aria-selected", String(one === option));
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.id ||= `${list.id}-${options().indexOf(option)}`;
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const choose = (option) => {
    clearTimeout(timer);
    asked += 1;
    if (option.dataset.href) {
      location.assign(option.dataset.href);
      return;
    }
    input.value = option.dataset.text;
    set(box.dataset.code, option.dataset.code);
    set(box.dataset.system, option.dataset.system);
    close();
    input.dispatchEvent(new Event("change", { bubbles: true }));
    box.dispatchEvent(new CustomEvent("lookup:chosen", { bubbles: true, detail: { ...option.dataset } }));
  };
  const ask = async () => {
    const text = input.value.trim();
    const number = (asked += 1);
    if (text.length < Number(box.dataset.min ?? 2)) return close();
    try {
      const answer = await question(box, text, list.id);
      // A slow answer to an older question must not replace a newer one; a redirect means signed out.
      if (number !== asked || !answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (number !== asked || document.activeElement !== input) return;
      list.replaceChildren(...page.querySelectorAll('[role="option"], .note'));
    } catch {
      return close();
    }
    list.hidden = list.childElementCount === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    mark(null);
  };

  input.addEventListener("input", () => {
    // What is typed over a chosen code is free text again.
    set(box.dataset.code, "");
    set(box.dataset.system, "");
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      return close();
    }
    if (list.hidden) return;
    const all = options();
    const at = all.indexOf(active());
    if (event.key === "ArrowDown") mark(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") mark(all[(at - 1 + all.length) % all.length]);
    else if (event.key === "Enter" && active()) choose(active());
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", () => setTimeout(close, 150));
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) choose(option);
  });
}

const startAll = (root) => root.querySelectorAll("[data-lookup]").forEach(start);
startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.target));
