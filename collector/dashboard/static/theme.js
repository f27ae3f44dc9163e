// Light or dark, before anything is drawn: what was chosen here, else what the system wants.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("footpath-theme");
  } catch {
    // Storage is forbidden: the system's wish holds.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  // Buttons that only those without JavaScript need are hidden.
  document.documentElement.classList.add("js");
})();
