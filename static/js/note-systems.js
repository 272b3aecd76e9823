// Body systems: "Normal" writes the sentence of its [data-system], Alt+N or [data-normals] does so for all that were not
// looked at, and a word of [data-picks] is added to its text. Without this the server does the same when the note is saved.
const said = (system) => system.querySelector("input[data-finding]:checked")?.value ?? "";
const text = (system) => system.querySelector("textarea");

function changed(box) {
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function find(system, finding) {
  const radio = system.querySelector(`input[data-finding="${finding}"]`);
  if (!radio) return;
  radio.checked = true;
  follow(system);
}

// The sentence comes and goes with "Normal", as long as nobody has changed it.
function follow(system) {
  const box = text(system);
  const normal = system.dataset.normal;
  if (said(system) === "normal" && !box.value.trim()) box.value = normal;
  else if (said(system) !== "normal" && box.value.trim() === normal) box.value = "";
  changed(box);
}

function normals(section) {
  section.querySelector("details")?.setAttribute("open", "");
  for (const system of section.querySelectorAll("[data-normal]")) {
    if (!said(system) && !text(system).value.trim()) find(system, "normal");
  }
  count(section);
}

function count(section) {
  const place = section.querySelector("[data-systems-count]");
  const found = [...section.querySelectorAll("[data-normal]")].map(said);
  const words = ["normal", "abnormal"].map((one) => [found.filter((each) => each === one).length, one]);
  if (place) place.textContent = words.filter(([number]) => number).map((pair) => pair.join(" ")).join(", ");
}

function pick(button) {
  const box = document.getElementById(button.closest("[data-picks]").dataset.picks);
  if (!box) return;
  const system = button.closest("[data-normal]");
  if (system && said(system) !== "abnormal") find(system, "abnormal");
  const before = box.value.trimEnd();
  const word = button.dataset.pick;
  if (!before) box.value = word[0].toUpperCase() + word.slice(1);
  else box.value = /[.!?:]$/.test(before) ? `${before} ${word[0].toUpperCase()}${word.slice(1)}` : `${before}, ${word}`;
  changed(box);
}

document.addEventListener("change", (event) => {
  const system = event.target.matches?.("input[data-finding]") && event.target.closest("[data-normal]");
  if (!system) return;
  follow(system);
  count(system.closest("[data-systems]"));
});

document.addEventListener("click", (event) => {
  const all = event.target.closest("[data-normals]");
  if (all) {
    event.preventDefault();
    normals(all.closest("[data-systems]"));
  }
  const word = event.target.closest("[data-pick]");
  if (word) {
    pick(word);
    const section = word.closest("[data-systems]");
    if (section) count(section);
  }
});

document.addEventListener("keydown", (event) => {
  const at = document.activeElement;
  if (event.altKey && event.code === "KeyN" && at.closest("[data-systems]")) {
    event.preventDefault();
    normals(at.closest("[data-systems]"));
  } else if (event.altKey && event.code === "KeyP") {
    const words = document.querySelector(`[data-picks="${CSS.escape(at.id)}"] [data-pick]`);
    if (!words) return;
    event.preventDefault();
    const system = at.closest("[data-normal]");
    if (system && said(system) !== "abnormal") find(system, "abnormal");
    words.focus();
  } else if (at.matches("[data-pick]")) {
    const step = { ArrowRight: "nextElementSibling", ArrowLeft: "previousElementSibling" }[event.key];
    if (step) at[step]?.focus();
    if (event.key !== "Escape") return;
    event.preventDefault();
    document.getElementById(at.closest("[data-picks]").dataset.picks)?.focus();
  }
});

document.querySelectorAll("[data-systems]").forEach(count);
