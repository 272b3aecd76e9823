// Light or dark: kept in a cookie, so that the server paints the next page right at once.
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
const YEAR = 365 * 24 * 60 * 60;

for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const now = root.dataset.theme || (system.matches ? "dark" : "light");
    const next = now === "dark" ? "light" : "dark";
    root.dataset.theme = next;
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `theme=${next}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
  });
}
