// A second click does nothing while the first is on its way. The server refuses a repeat by its token; this only looks right.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-submit-once]") || event.defaultPrevented) return;
  const button = event.submitter;
  if (!button) return;
  // After this turn: a disabled button would not send its name and value.
  setTimeout(() => {
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
  });
});

// The page may come back from the browser's memory.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form[data-submit-once] [aria-busy]")) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
});
