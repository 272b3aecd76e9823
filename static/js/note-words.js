// Short words: in form[data-words] a known word such as ".bp", with a space or a new line after it, becomes what it stands for.
const BEFORE = /(?:^|[^\w.])\.([a-z][a-z0-9-]{0,29})\s$/i;

async function meaning(form, word) {
  const headers = { "X-Requested-With": "words", Accept: "application/json" };
  headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  const body = new URLSearchParams({ word });
  const answer = await fetch(form.dataset.wordsUrl, { method: "POST", body, headers, credentials: "same-origin" });
  return answer.ok && answer.headers.get("Content-Type")?.includes("json") ? (await answer.json()).text : "";
}

// The browser's own insertion keeps undo; it works in the box that has the focus.
function put(box, from, to, text) {
  const caret = box.selectionEnd;
  const moved = caret >= to ? caret + text.length - (to - from) : caret;
  if (document.activeElement === box) {
    box.setSelectionRange(from, to);
    document.execCommand("insertText", false, text);
  } else {
    box.setRangeText(text, from, to);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
  box.setSelectionRange(moved, moved);
}

document.addEventListener("input", async (event) => {
  const box = event.target;
  const form = box instanceof HTMLTextAreaElement ? box.closest("form[data-words]") : null;
  if (!form || event.isComposing) return;
  const caret = box.selectionEnd;
  const found = BEFORE.exec(box.value.slice(Math.max(0, caret - 34), caret));
  const word = found?.[1].toLowerCase();
  if (!word || !form.dataset.words.split(" ").includes(word)) return;
  const from = caret - word.length - 2;
  const typed = box.value.slice(from, caret - 1);
  try {
    const text = await meaning(form, word);
    // It is replaced only where it still stands: text that was moved meanwhile is replaced when the note is saved.
    if (text && text !== typed && box.value.slice(from, from + typed.length) === typed) put(box, from, from + typed.length, text);
  } catch {
    // The word stays, and is replaced when the note is saved.
  }
});
