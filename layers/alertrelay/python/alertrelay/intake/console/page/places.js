// Where one was on each page, so that going back leads there.

const scrolled = new Map();
let here = null;
let list = "#/alerts";

const pathOf = () => location.hash.split("?")[0];

addEventListener("scroll", () => scrolled.set(pathOf(), scrollY), { passive: true });

/** Gives the focus to the heading of a page that was just entered, and scrolls to where one was on it. */
export function enter(heading) {
  const path = pathOf();
  const left = here;
  here = path;
  if (left === null || left === path) return;
  heading.focus({ preventScroll: true });
  scrollTo(0, scrolled.get(path) ?? 0);
}

/** Notes the address of the list of alerts with its filters. */
export function noteList() {
  list = location.hash || "#/alerts";
}

/** Returns the address that leads back to the list as it was. */
export const listAddress = () => list;
