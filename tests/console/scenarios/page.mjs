// What every scenario begins and ends with.
import assert from "node:assert/strict";
import { DESK, PHONE, open, signIn } from "../../../tools/console/browser.mjs";

export const SMALL = { ...PHONE, deviceScaleFactor: 1 }; // four times fewer pixels to paint
const pages = new Map(); // by size: a page of its own for each scenario takes four times the CPU
const cookies = new Map(); // by token
let visits = 0;

/** Closes the pages that are kept, after a scenario that failed. */
export async function forget() {
  for (const { context } of pages.values()) await context.close();
  pages.clear();
}

/** Opens the console at an address, signed in, and hands the page on; afterwards nothing may have been complained of. */
export async function onPage(browser, given, address, use, options = DESK) {
  const kept = given.clock ? await open(browser, options) : await clean(browser, options);
  const { page, context, complaints } = kept;
  if (given.token) await enter(context, given);
  for (const [path, answer] of Object.entries(given.answers ?? {})) {
    await page.route(`**${path}`, (route) => route.fulfill(typeof answer === "function" ? answer(route.request()) : { json: answer }));
  }
  if (given.clock) await page.clock.install();
  await page.goto(`${given.url}/console/?${(visits += 1)}${address}`); // the number: a change behind # loads nothing
  await use(page, context);
  assert.deepEqual(complaints, []);
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  if (given.clock) await context.close();
}

/** Returns the page of a size, without what the scenario before left in it. */
async function clean(browser, options) {
  if (!pages.has(options)) pages.set(options, await open(browser, options));
  const kept = pages.get(options);
  kept.complaints.length = 0;
  await kept.page.unrouteAll();
  await kept.context.clearCookies();
  if (kept.page.url() !== "about:blank") {
    await kept.page.evaluate(() => {
      sessionStorage.clear();
      localStorage.clear();
    });
  }
  return kept;
}

async function enter(context, given) {
  if (!cookies.has(given.token)) {
    await signIn(context, given);
    cookies.set(given.token, await context.cookies());
  }
  await context.addCookies(cookies.get(given.token));
}

/** Goes to another address of the page, as a link does: nothing is loaded anew. */
export const to = (page, address) => page.evaluate((hash) => (location.hash = hash), address);

export const heading = (page, name) => page.getByRole("heading", { level: 1, name });
