// Entry beside the chart: a link with data-panel brings the entry of the page it leads to into the panel, and what is
// sent from there is answered there. Without a script, and where that page has no such entry, the link is followed.
const panel = document.getElementById("panel");
const ENTRY = "aside.side";
const LEAVE = ".side > header a, .form-actions a";
let opener = null;
let typed = false;

// What was typed is thrown away by nothing but the entry's own way out.
function keeps() {
  if (!typed || !panel.childElementCount) return false;
  const detail = { text: "Save or cancel what you began beside the chart first.", level: "info" };
  document.body.dispatchEvent(new CustomEvent("toast", { detail }));
  panel.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  return true;
}

function open(link, event) {
  if (keeps()) return;
  opener = link;
  typed = false;
  const address = link.href;
  const asked = { source: link, event, target: panel, swap: "innerHTML", select: ENTRY, headers: { "HX-Boosted": "true" } };
  htmx.ajax("GET", address, asked).then(() => {
    if (!panel.childElementCount) location.assign(address);
  });
}

function close() {
  typed = false;
  panel.replaceChildren();
  opener?.focus();
}

// Each form of the entry answers to where it came from, as it would on its own page.
function settle(address) {
  for (const form of panel.querySelectorAll("form[method=post]")) {
    form.setAttribute("hx-post", form.getAttribute("action") || address);
    form.setAttribute("hx-target", "#panel");
    form.setAttribute("hx-select", ENTRY);
    htmx.process(form);
  }
  const first = "[autofocus], .error-summary, input:not([type=hidden]), select, textarea";
  if (!panel.contains(document.activeElement)) panel.querySelector(first)?.focus();
  if (panel.getBoundingClientRect().top < 0) panel.scrollIntoView();
}

if (panel) {
  document.addEventListener("click", (event) => {
    const plain = !(event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    const link = plain && event.target.closest("a[href]");
    if (!link) return;
    if (link.matches("[data-panel]")) {
      event.preventDefault();
      open(link, event);
    } else if (panel.contains(link) && link.matches(LEAVE)) {
      event.preventDefault();
      close();
    }
  });
  panel.addEventListener("input", () => (typed = true));
  window.addEventListener("beforeunload", (event) => typed && panel.childElementCount && event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !typed && panel.contains(event.target)) close();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === panel) settle(event.detail.pathInfo.requestPath);
  });
  // Written: the chart as it is now, with its message, instead of the list.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (!panel.contains(event.detail.elt) || !event.detail.xhr.getResponseHeader("HX-Redirect")) return;
    event.preventDefault();
    typed = false;
    location.reload();
  });
}
