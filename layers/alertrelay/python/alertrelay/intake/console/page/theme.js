// Runs before the first paint: a theme that was chosen holds at once, without a flash of the other one.
(() => {
  try {
    const chosen = localStorage.getItem("alertrelay.theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // A browser without storage follows the system.
  }
})();
