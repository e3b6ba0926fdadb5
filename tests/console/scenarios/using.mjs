// How it is used: by keyboard, on a phone, by a screen reader, and while the server does not answer.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { SMALL, heading, onPage, to } from "./page.mjs";
import { alertOf, overviewOf } from "../recorded.mjs";

const VIEWS = ["alerts", "silences", "silence", "unsent", "budgets", "routes?labels=severity%3Dcritical", "lab"];
// Of the whole body, which has the focus until a view is entered, the text would hold that of every control.
const focused = (page) =>
  page.evaluate(() => {
    const { activeElement: at } = document;
    return (at !== document.body && (at.innerText || at.value)) || at.tagName;
  });

async function tabTo(page, text, most = 40) {
  for (let pressed = 0; pressed < most; pressed += 1) {
    if ((await focused(page)).includes(text)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`${text} was not reached by Tab`);
}

export const works_by_keyboard_alone = (browser, given) =>
  onPage(browser, given, "#/alerts", async (page) => {
    await page.getByRole("searchbox").waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "Skip to the content");
    await page.keyboard.press("Enter");
    await page.keyboard.press("/");
    await page.keyboard.type("search-1");
    await page.getByText("1 of 6 alerts").waitFor();
    await tabTo(page, "DiskWillFill");
    await page.keyboard.press("Enter");
    await heading(page, "DiskWillFill").waitFor();
    await tabTo(page, "Silence…");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Silence 2 alerts" }).waitFor();
    await tabTo(page, "4h");
    await page.keyboard.press("ArrowLeft");
    assert.ok(await page.locator('input[value="1h"]').isChecked());
    await page.keyboard.press("Tab");
    await page.keyboard.type("By hand");
    await tabTo(page, "Silence 2 alerts");
    await page.keyboard.press("Enter");
    await heading(page, "1 active silence").waitFor();
    await tabTo(page, "Undo");
    await page.keyboard.press("Enter");
    await heading(page, "0 active silences").waitFor();
  });

export const keeps_the_focus_over_a_refresh = async (browser, given) => {
  const alerts = [alertOf(1, { since: "2026-11-30T02:00:00.000Z" })];
  const answers = { "/api/v1/overview": () => ({ json: overviewOf(alerts) }) };
  await onPage(browser, { ...given, answers, clock: true }, "#/alerts", async (page) => {
    await page.getByRole("link", { name: /QueueBacklog/ }).focus();
    alerts.push(alertOf(5, { since: "2026-11-30T02:13:00.000Z" }));
    await page.clock.fastForward(31_000);
    await page.getByRole("status").filter({ hasText: "1 new alert, 1 critical." }).waitFor({ state: "attached" });
    assert.match(await focused(page), /QueueBacklog/);
  });
};

export const says_when_it_is_stale = async (browser, given) => {
  let failing = false;
  const answers = { "/api/v1/overview": () => (failing ? { status: 503, json: { code: 503, message: "not available now: try again" } } : { json: overviewOf([alertOf(1)]) }) };
  await onPage(browser, { ...given, answers, clock: true }, "#/alerts", async (page) => {
    await heading(page, /fires/).waitFor();
    failing = true;
    await page.clock.fastForward(31_000);
    await page.locator(".fresh").getByText("; stale").waitFor();
    assert.match(await page.locator(".fresh").innerText(), /as of 3\d s ago; stale[\s\S]*not available now/);
    assert.ok(await page.getByRole("link", { name: /QueueBacklog/ }).isVisible());
    failing = false;
    await page.getByRole("button", { name: "Read again" }).click();
    await page.locator(".fresh:not(.stale)").waitFor();
  });
};

export const fits_a_phone = (browser, given) =>
  onPage(browser, given, "#/alerts", async (page) => {
    await heading(page, /critical/).waitFor();
    for (const view of [...VIEWS, `alert/${await fingerprint(page)}`]) {
      await to(page, `#/${view}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForFunction(() => !document.querySelector(".waiting"));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 390, `${view} is ${wide} px wide`);
      assert.deepEqual(await page.evaluate(small), [], view);
    }
  }, SMALL);

/** In the page: what one can press and is less than 44 px high. A link within a sentence may be. */
function small() {
  const pressed = [...document.querySelectorAll("main button, main a, main select, main summary, main input:not([type=radio], [type=checkbox]), nav a, .segments label, .matcher")];
  const inSentence = (one) => one.matches("p > a, dd > a");
  return pressed
    .filter((one) => one.checkVisibility() && !inSentence(one) && !one.closest(".account .menu"))
    .map((one) => [one.innerText || one.className, Math.round(one.getBoundingClientRect().height)])
    .filter(([, height]) => height > 1 && height < 44);
}

const fingerprint = (page) => page.locator(".row").first().getAttribute("href").then((href) => href.split("/").pop());

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Asserts that axe finds nothing in either theme; in the dark one contrast alone, since nothing else differs. */
async function inspect(page, name) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  for (const theme of ["light", "dark"]) {
    await page.evaluate((chosen) => (document.documentElement.dataset.theme = chosen), theme);
    const rules = theme === "dark" ? { runOnly: ["color-contrast"] } : {};
    const found = await page.evaluate((options) => window.axe.run({ ...options, resultTypes: ["violations"] }), rules);
    const faults = found.violations.filter((one) => one.impact !== "minor");
    assert.deepEqual(faults.map((one) => [name, theme, one.id, one.nodes.map((node) => node.html)]), []);
  }
}

export const has_no_fault_that_axe_finds = (browser, given) =>
  onPage(browser, given, "#/alerts", async (page, context) => {
    await heading(page, /critical/).waitFor();
    for (const view of [...VIEWS, `alert/${await fingerprint(page)}`]) {
      await to(page, `#/${view}`);
      await page.waitForFunction(() => document.querySelector("h1") && !document.querySelector(".waiting"));
      await inspect(page, view);
    }
    await context.clearCookies();
    await page.getByRole("button", { name: "Read again" }).click();
    await page.getByRole("dialog").waitFor();
    await inspect(page, "a session that ended");
    await page.reload();
    await page.getByLabel("Token").waitFor();
    await inspect(page, "sign-in");
  });

export const does_not_jump = (browser, given) =>
  onPage(browser, given, "#/alerts", async (page) => {
    await heading(page, /critical/).waitFor();
    await page.getByRole("link", { name: /NodeDown/ }).waitFor();
    const shifted = await page.evaluate(() => new Promise((done) => {
      let sum = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((one) => (sum += one.hadRecentInput ? 0 : one.value))).observe({ type: "layout-shift", buffered: true });
      requestAnimationFrame(() => setTimeout(() => done(sum), 50));
    }));
    assert.ok(shifted < 0.1, `layout shift ${shifted}`);
  });
