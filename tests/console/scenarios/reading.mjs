// What the console shows.
import assert from "node:assert/strict";
import { heading, onPage, to } from "./page.mjs";
import { RECORDED, many } from "../recorded.mjs";

export const lists_what_fires = (browser, given) =>
  onPage(browser, given, "", async (page) => {
    await heading(page, "1 critical alert fires, and 3 more").waitFor();
    assert.deepEqual(await page.locator(".section > h2 .word").allInnerTexts(), ["Critical", "Warning", "Info", "Suppressed"]);
    assert.match(await page.locator(".section.warning").innerText(), /search\s+2[\s\S]*instance=search-1[\s\S]*instance=search-2/);
    const suppressed = await page.locator(".section.suppressed").innerText();
    assert.match(suppressed, /Inhibited[\s\S]*HighLatency/);
    assert.match(suppressed, /Muted by a time interval[\s\S]*Backup/);
    assert.match(await page.locator(".fresh").innerText(), /as of \d+ s ago/);
    assert.equal(await page.title(), "Alerts · alertrelay");
  });

export const filters_and_keeps_the_address = (browser, given) =>
  onPage(browser, given, "#/alerts", async (page) => {
    await page.getByRole("searchbox").fill("instance=search-2 disk");
    await page.getByText("1 of 6 alerts").waitFor();
    await page.reload();
    await page.getByText("1 of 6 alerts").waitFor();
    await page.getByRole("link", { name: /search-2|DiskWillFill/ }).click();
    await page.getByRole("link", { name: "All alerts" }).click();
    await page.getByText("1 of 6 alerts").waitFor();
    await page.getByRole("button", { name: "Clear the filters" }).click();
    await page.getByRole("button", { name: /^critical/ }).click();
    await page.getByText("1 of 6 alerts").waitFor();
    await page.getByRole("combobox", { name: "Service" }).selectOption("reports");
    await page.getByText("No alert matches these filters.").waitFor();
    assert.match(page.url(), /severity=critical&service=reports/);
  });

export const shows_one_alert = (browser, given) =>
  onPage(browser, given, "#/alerts", async (page) => {
    await page.getByRole("link", { name: /NodeDown/ }).click();
    await heading(page, "NodeDown").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
    await page.locator(".notified").getByText("Notified").waitFor();
    assert.match(await page.locator(".notified").innerText(), /page\s+pagerduty/);
    assert.equal(await page.getByRole("link", { name: /Runbook/ }).getAttribute("href"), "https://wiki.example.com/node-down");
    await page.locator(".timeline li").first().waitFor();
    await page.getByRole("button", { name: "Every outcome, from the log" }).click();
    await page.locator(".outcomes").getByText("first_notification").waitFor();
    await page.getByRole("heading", { name: "Route" }).click();
    await page.getByText("notifies page").waitFor();
    await page.getByRole("heading", { name: "Messages as sent" }).click();
    await page.locator(".message").getByText("NodeDown").first().waitFor();
    await page.reload();
    await heading(page, "NodeDown").waitFor();
  });

export const names_why_it_is_suppressed = (browser, given) =>
  onPage(browser, given, "#/alerts", async (page) => {
    await page.getByRole("link", { name: /HighLatency/ }).click();
    const why = page.getByLabel("Why nobody is notified");
    await why.getByText("inhibition", { exact: true }).waitFor();
    await why.getByRole("link", { name: "NodeDown" }).click();
    await heading(page, "NodeDown").waitFor();
    await to(page, "#/alert/0123456789abcdef");
    await heading(page, "This alert does not fire").waitFor();
  });

export const draws_the_route = (browser, given) =>
  onPage(browser, given, "#/routes", async (page) => {
    await page.getByText("The whole tree.").waitFor();
    await page.getByLabel("Labels of an alert").fill('severity=critical service="two words"');
    await page.getByRole("button", { name: "Follow" }).click();
    await page.getByText("Notifies page.").waitFor();
    assert.match(await page.locator(".tree li.ends").innerText(), /severity="critical"[\s\S]*page\/pagerduty\/0/);
    await page.getByLabel("Labels of an alert").fill("no labels");
    await page.getByRole("button", { name: "Follow" }).click();
    await page.getByText("Expected name=value words").waitFor();
  });

export const keeps_script_inert = (browser, given) =>
  onPage(browser, given, "#/alerts", async (page) => {
    const dead = async () => {
      assert.equal(await page.locator("main img, main script, main b").count(), 0);
      assert.equal(await page.locator('a[href^="javascript:"]').count(), 0);
      assert.equal(await page.evaluate(() => window.ran), undefined);
    };
    await page.locator(".group h3", { hasText: "<script>" }).waitFor();
    await dead();
    await page.getByRole("link", { name: /onerror/ }).click();
    await heading(page, /onerror/).waitFor();
    for (const fold of ["Annotations", "Route", "Messages as sent"]) await page.locator("summary").filter({ hasText: fold }).click();
    await page.locator(".message").first().waitFor();
    await dead();
    await page.getByRole("link", { name: "Silence…" }).click();
    await page.locator(".matched").getByText("onerror").first().waitFor();
    await dead();
  });

const RECORDED_NOTES = Object.fromEntries(["/api/v1/budgets", "/api/v1/anomalies"].map((path) => [path, RECORDED[path]]));

export const shows_budgets_and_anomalies = (browser, given) =>
  onPage(browser, { ...given, answers: RECORDED_NOTES }, "#/budgets", async (page) => {
    const shown = page.locator("main");
    await shown.getByText("10 % of the budget is left").waitFor();
    assert.match(await shown.innerText(), /454 of 504 min spent \(95 % of 7 d, known for 24 h\)[\s\S]*16× over 1 h/);
    assert.match(await shown.innerText(), /RequestCount is 38 % lower than usual[\s\S]*score 0\.93/);
    await page.getByRole("img", { name: "10 % of the error budget of orders-latency is left" }).waitFor();
    await to(page, "#/alerts");
    await page.getByRole("link", { name: /NodeDown/ }).click();
    await page.getByRole("heading", { name: "Anomalies of this service" }).waitFor();
  });

export const holds_five_thousand_alerts = (browser, given) =>
  onPage(browser, { ...given, answers: { "/api/v1/overview": many(5000, Date.now()) } }, "#/alerts", async (page) => {
    await heading(page, "1,000 critical alerts fire, and 4,000 more").waitFor();
    assert.ok((await page.locator(".row").count()) < 800);
    const more = page.getByRole("button", { name: /^Show \d+ more of/ }).first();
    const rows = page.locator(".group").first().locator(".row");
    const before = await rows.count();
    await more.click();
    await page.waitForFunction((number) => document.querySelector(".group").querySelectorAll(".row").length > number, before);
    await page.getByRole("searchbox").fill("000000000000138");
    await page.getByText("16 of 5,000 alerts").waitFor();
    assert.equal(await page.locator(".row").count(), 16);
  });
