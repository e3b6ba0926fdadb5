// Measures the console with many firing alerts by Chromium's own counters: CPU of the page's main thread.
import { DESK, PHONE, launch, open, signIn } from "./browser.mjs";
import { many } from "../../tests/console/recorded.mjs";

const [chromium, url, token, number, rounds] = process.argv.slice(2);
const overview = JSON.stringify(many(Number(number), Date.now()));
const WORDS = ["d", "di", "dis", "disk", "disk orders", "instance=i-a", "payments-1", "zzz", ""];
const median = (list) => [...list].sort((one, other) => one - other)[Math.floor(list.length / 2)];
const browser = await launch(chromium);

/** Returns seconds of CPU that the page's thread has taken. */
async function taken(session) {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find((one) => one.name === "TaskDuration").value;
}

const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

async function measured(options) {
  const { page, context } = await open(browser, options);
  await signIn(context, { url, token });
  await context.route("**/api/v1/overview", (route) => route.fulfill({ body: overview, contentType: "application/json" }));
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.goto(`${url}/console/#/alerts`);
  await page.locator(".row").first().waitFor();
  await page.evaluate(painted);
  const first = await taken(session);
  const filters = [];
  await page.getByRole("searchbox").focus();
  for (const word of WORDS) {
    const before = await taken(session);
    await page.evaluate((text) => {
      const input = document.querySelector("input[type=search]");
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }, word);
    await page.evaluate(painted);
    filters.push((await taken(session)) - before);
  }
  await context.close();
  return { first, filter: Math.max(...filters), usual: median(filters) };
}

const figures = {};
for (const [name, options] of Object.entries({ desk: DESK, phone: PHONE })) {
  const found = [];
  for (let round = 0; round < Number(rounds); round += 1) found.push(await measured(options));
  figures[name] = Object.fromEntries(["first", "filter", "usual"].map((key) => [key, Math.round(median(found.map((one) => one[key])) * 1000)]));
}
await browser.close();
console.log(JSON.stringify(figures));
