// Short messages: from the server (HX-Trigger: {"toast": {...}}) or from an element with data-toast.
const KEEP_MS = 6000;

function show({ text, level }) {
  const region = document.getElementById("toasts");
  const template = document.getElementById("toast-template");
  if (!region || !template || !text) return;
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.querySelector(".grow").textContent = text;
  const close = () => toast.remove();
  toast.querySelector("button").addEventListener("click", close);
  region.append(toast);
  // An error stays until it is dismissed; the others wait while the pointer or the focus rests on them.
  if (level === "error") return;
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 1500) : close());
  setTimeout(leave, KEEP_MS);
}

document.body.addEventListener("toast", (event) => show(event.detail));
document.addEventListener("click", (event) => {
  const source = event.target.closest("[data-toast]");
  if (source) show({ text: source.dataset.toast, level: source.dataset.toastLevel });
});
