// What every scenario begins and ends with.
import assert from "node:assert/strict";
import { DESK, open, signIn } from "../../../tools/console/browser.mjs";

/** Opens the console at an address, signed in, and hands the page on; afterwards nothing may have been complained of. */
export async function onPage(browser, given, address, use, options = DESK) {
  const { page, context, complaints } = await open(browser, options);
  if (given.token) await signIn(context, given);
  for (const [path, answer] of Object.entries(given.answers ?? {})) {
    await context.route(`**${path}`, (route) => route.fulfill(typeof answer === "function" ? answer(route.request()) : { json: answer }));
  }
  if (given.clock) await page.clock.install();
  await page.goto(`${given.url}/console/${address}`);
  await use(page, context);
  assert.deepEqual(complaints, []);
  assert.deepEqual(await page.evaluate(() => window.violations), []);
}

export const heading = (page, name) => page.getByRole("heading", { level: 1, name });
