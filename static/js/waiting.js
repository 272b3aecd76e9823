// The waiting-room screen: asks every few seconds, and says since when what it shows is old.
const EVERY_MS = 5000;
const place = document.querySelector("[data-waiting]");
const stale = document.getElementById("waiting-stale");
let wait = null;

function take(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("waiting-lines");
  const here = document.getElementById("waiting-lines");
  if (!fresh) throw new TypeError("no lines");
  document.getElementById("waiting-at").textContent = fresh.dataset.at;
  // What reads the screen aloud is told of changes alone.
  if (fresh.textContent !== here.textContent) here.replaceWith(document.importNode(fresh, true));
  else here.dataset.at = fresh.dataset.at;
}

async function ask() {
  clearTimeout(wait);
  try {
    const answer = await fetch(place.dataset.waiting, { headers: { "X-Background": "true" }, cache: "no-store" });
    // Revoked: the page itself says so, and nobody's initials stay.
    if (answer.status === 404) return location.reload();
    if (!answer.ok) throw new TypeError("no answer");
    take(await answer.text());
    stale.hidden = true;
  } catch {
    stale.querySelector("b").textContent = document.getElementById("waiting-lines").dataset.at;
    stale.hidden = false;
  }
  wait = setTimeout(ask, EVERY_MS);
}

if (place) wait = setTimeout(ask, EVERY_MS);
