// A long text that is half written is not left behind by a slip: the browser asks first. For forms with data-unsaved.
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  let typed = false;
  form.addEventListener("input", () => (typed = true));
  form.addEventListener("submit", () => (typed = false));
  window.addEventListener("beforeunload", (event) => typed && event.preventDefault());
}
