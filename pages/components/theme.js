// Runs before the first paint: the person's choice of theme, if there is one, overrides the system's.
(() => {
  const root = document.documentElement;
  const kept = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const keep = (theme) => { try { localStorage.setItem("theme", theme); } catch { /* private mode: for this page only */ } };
  const show = (theme) => { if (theme === "light" || theme === "dark") root.dataset.theme = theme; };

  root.classList.remove("no-script");
  show(kept());
  addEventListener("storage", (event) => { if (event.key === "theme") show(event.newValue); });
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-toggle]")) return;
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    keep(isDark ? "light" : "dark");
    show(isDark ? "light" : "dark");
  });
})();
