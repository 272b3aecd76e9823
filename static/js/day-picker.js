// A calendar beside each box for a day. The box stays text: a browser's own date input follows its locale, 11/23/2026.
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function written(iso) {
  const [year, month, day] = iso.split("-");
  return `${day}-${MONTHS[month - 1]}-${year}`;
}

function iso(text) {
  const parts = /^(\d{1,2})-([a-z]{3})-(\d{4})$/i.exec(text.trim());
  const month = parts ? MONTHS.findIndex((name) => name.toLowerCase() === parts[2].toLowerCase()) + 1 : 0;
  return month ? `${parts[3]}-${String(month).padStart(2, "0")}-${parts[1].padStart(2, "0")}` : "";
}

function dress(box) {
  const frame = document.getElementById("day-picker").content.firstElementChild.cloneNode(true);
  const [button, calendar] = [frame.querySelector("button"), frame.querySelector("input")];
  const focused = document.activeElement === box;
  box.replaceWith(frame);
  frame.prepend(box);
  if (focused) box.focus();
  button.addEventListener("click", () => {
    calendar.value = iso(box.value);
    calendar.showPicker();
  });
  calendar.addEventListener("change", (event) => {
    event.stopPropagation();
    if (!calendar.value) return;
    box.value = written(calendar.value);
    box.focus();
    box.dispatchEvent(new Event("change", { bubbles: true }));
    // A day chosen from the calendar is gone to; one that is being typed waits for Enter.
    if (box.hasAttribute("data-pick-go")) box.form.requestSubmit();
  });
  calendar.addEventListener("input", (event) => event.stopPropagation());
}

function dressAll(root) {
  if (!document.getElementById("day-picker") || !("showPicker" in HTMLInputElement.prototype)) return;
  for (const box of root.querySelectorAll("[data-pick-day]")) {
    if (!box.closest(".day-box")) dress(box);
  }
}

dressAll(document);
document.addEventListener("htmx:load", (event) => dressAll(event.target));
