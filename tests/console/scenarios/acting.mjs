// What a person does on the console, and what stays when a session ends.
import assert from "node:assert/strict";
import { RECORDED } from "../recorded.mjs";
import { SMALL, heading, onPage, to } from "./page.mjs";

export const signs_in_and_out = (browser, { url, token }) =>
  onPage(browser, { url }, "#/silences", async (page) => {
    await page.getByLabel("Your name").fill("ben");
    await page.getByLabel("Token").fill("no-such-token-at-all");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("No such token.").waitFor();
    assert.equal(await page.getByLabel("Token").inputValue(), "");
    await page.getByLabel("Token").fill(token);
    await page.keyboard.press("Enter");
    await heading(page, "0 active silences").waitFor();
    assert.equal(await page.evaluate(() => document.cookie), "");
    await page.getByText("ben", { exact: true }).first().click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Token").waitFor();
  });

async function silenceFromAlert(page) {
  await page.getByRole("link", { name: /search-1/ }).click();
  await page.getByRole("link", { name: "Silence…" }).click();
  await heading(page, "Silence DiskWillFill").waitFor();
  await page.getByRole("button", { name: "Silence 2 alerts" }).waitFor();
  await page.getByRole("checkbox", { name: "Match instance" }).check();
  await page.getByRole("button", { name: "Silence 1 alert" }).waitFor();
  await page.getByLabel("Why").fill("The disk is replaced at noon");
}

export const previews_makes_and_undoes_a_silence = (browser, given) =>
  onPage(browser, given, "#/alerts", async (page) => {
    await silenceFromAlert(page);
    await page.getByRole("button", { name: "Silence 1 alert" }).click();
    await heading(page, "1 active silence").waitFor();
    await page.getByText('instance="search-1"').first().waitFor();
    await page.getByText("1 alert", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Alerts", exact: true }).click();
    await page.locator(".section.suppressed").getByText("Silenced").waitFor();
    await page.getByRole("link", { name: /search-1|DiskWillFill search/ }).last().click();
    await page.getByLabel("Why nobody is notified").getByText("The disk is replaced at noon").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone").first().waitFor();
    await page.getByRole("link", { name: "Silences" }).click();
    await heading(page, "0 active silences").waitFor();
  }, given.phone ? SMALL : undefined);

export const expires_a_silence_and_takes_it_back = (browser, given) =>
  onPage(browser, given, "#/silence", async (page) => {
    await page.getByRole("textbox", { name: "Label", exact: true }).fill("service");
    await page.getByRole("combobox").selectOption("=~");
    await page.getByRole("textbox", { name: "Value" }).fill("(orders");
    await page.locator(".preview .bad-text").waitFor(); // a broken expression
    assert.ok(await page.getByRole("button", { name: "Silence", exact: true }).isDisabled());
    await page.getByRole("textbox", { name: "Value" }).fill("nothing-of-this-name");
    await page.getByRole("radio", { name: "1 h" }).check();
    await page.getByLabel("Why").fill("Later");
    await page.getByRole("button", { name: "Silence 0 alerts" }).click();
    await heading(page, "1 active silence").waitFor();
    await page.getByRole("button", { name: "Expire" }).click();
    await heading(page, "0 active silences").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await heading(page, "1 active silence").waitFor();
    await page.getByRole("button", { name: "Expire" }).click();
    await heading(page, "0 active silences").waitFor();
  });

export const keeps_the_draft_of_an_expired_session = (browser, given) =>
  onPage(browser, given, "#/alerts", async (page, context) => {
    await silenceFromAlert(page);
    await context.clearCookies();
    await page.getByRole("button", { name: "Silence 1 alert" }).click();
    const dialog = page.getByRole("dialog", { name: "Your session has ended" });
    await dialog.getByText("The silence is not made yet. Its draft is kept").waitFor();
    await page.keyboard.press("Escape");
    assert.ok(await dialog.isVisible());
    await page.reload();
    await page.getByLabel("Token").fill(given.token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Your draft is kept from before. Nothing is silenced yet.").waitFor();
    assert.equal(await page.getByLabel("Why").inputValue(), "The disk is replaced at noon");
    assert.ok(await page.getByRole("checkbox", { name: "Match instance" }).isChecked());
    await page.getByRole("button", { name: "Silence 1 alert" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
  });

export const signs_in_again_where_it_was = (browser, given) =>
  onPage(browser, given, "#/alerts", async (page, context) => {
    let asked = 0;
    await page.getByRole("searchbox").fill("disk");
    await context.clearCookies();
    page.on("request", (request) => (asked += request.url().includes("/api/") ? 1 : 0));
    await page.getByRole("button", { name: "Read again" }).click();
    const dialog = page.getByRole("dialog", { name: "Your session has ended" });
    await dialog.waitFor();
    assert.equal(asked, 1);
    await page.getByText("; stale").waitFor();
    await dialog.getByLabel("Token").fill(given.token);
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "hidden" });
    await page.getByText("2 of 6 alerts").waitFor();
  });

export const acknowledges_and_takes_it_back = (browser, given) =>
  onPage(browser, given, "#/alerts", async (page) => {
    await page.getByRole("link", { name: /NodeDown/ }).click();
    await page.getByRole("button", { name: "Add a comment" }).click();
    await page.getByLabel("Comment").fill("I restart it");
    await page.keyboard.press("Enter");
    await page.locator(".has").getByText("ana has it").waitFor();
    await page.locator(".has").getByText("I restart it").waitFor();
    await page.getByRole("link", { name: "All alerts" }).click();
    await page.getByRole("combobox", { name: "State" }).selectOption("acknowledged");
    await page.getByText("1 of 6 alerts").waitFor();
    await page.getByRole("link", { name: /NodeDown/ }).click();
    await page.getByRole("button", { name: "Take it back" }).click();
    await page.getByRole("button", { name: "Acknowledge" }).waitFor();
  });

const { "/api/v1/undelivered": UNSENT, "/api/v1/redrive": REDRIVEN } = RECORDED;
const dead = (messages) => ({ ...UNSENT, deadLetters: [{ ...UNSENT.deadLetters[0], messages }] });

export async function asks_before_it_redrives(browser, given) {
  let asked = 0;
  const answers = {
    "/api/v1/undelivered": () => ({ json: dead(asked ? 0 : 2) }),
    "/api/v1/redrive": () => {
      asked += 1;
      return { json: { ...REDRIVEN, more: asked === 1, handled: [{ ...REDRIVEN.handled[0], about: `HighLatency ${asked}` }] } };
    },
  };
  await onPage(browser, { ...given, answers }, "#/unsent", async (page) => {
    await page.getByRole("button", { name: "Redrive…" }).click();
    const dialog = page.getByRole("dialog", { name: "Redrive 2 messages?" });
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    assert.equal(asked, 0);
    await page.getByRole("button", { name: "Redrive…" }).click();
    await dialog.getByRole("button", { name: "Redrive" }).click();
    await page.getByText("HighLatency 2").waitFor();
    await page.getByText("0 messages").waitFor();
    assert.equal(asked, 2);
  });
}

export const judges_an_anomaly = (browser, given) => {
  const said = [];
  const keep = (request) => {
    said.push(request.postDataJSON());
    return { json: {} };
  };
  return onPage(browser, { ...given, answers: { "/api/v1/feedback": keep } }, "#/alerts", async (page) => {
    await page.route(/\/api\/v1\/alert\/[0-9a-f]{16}$/, async (route) => {
      const answer = await route.fetch();
      const json = await answer.json();
      await route.fulfill({ json: { ...json, alert: { ...json.alert, anomaly: true, verdict: { helpful: true, by: "bo", at: json.asOf } } } });
    });
    await page.getByRole("link", { name: /NodeDown/ }).click();
    const asked = page.getByRole("group", { name: "Was it helpful to know of this anomaly?" });
    await asked.getByRole("button", { name: "Helpful", exact: true, pressed: true }).waitFor();
    await asked.getByText("said bo").waitFor();
    await asked.getByRole("button", { name: "Not helpful" }).click();
    await page.getByText("Kept as not helpful.").first().waitFor();
    await asked.getByRole("button", { name: "Not helpful", pressed: true }).waitFor();
    assert.equal(said[0].helpful, false);
    assert.match(said[0].fingerprint, /^[0-9a-f]{16}$/);
  });
};

export const may_only_read = (browser, given) =>
  onPage(browser, given, "#/alerts", async (page) => {
    await page.getByRole("link", { name: /NodeDown/ }).click();
    await page.getByText("acknowledges and silences").waitFor();
    assert.ok(await page.getByRole("button", { name: "Acknowledge" }).isDisabled());
    await to(page, "#/silence");
    await page.getByText("Silencing needs a token").waitFor();
  });

export const breaks_a_channel_and_replays_an_event = (browser, given) =>
  onPage(browser, given, "#/lab", async (page) => {
    const slack = page.getByRole("group", { name: "slack" });
    await slack.getByRole("radio", { name: "503" }).check();
    await page.getByText("slack now fails: 503.").first().waitFor();
    await slack.getByRole("radio", { name: "works" }).check();
    await page.getByText("slack answers again.").first().waitFor();
    await page.getByRole("searchbox", { name: "Search events" }).fill("rds alarm");
    await page.getByRole("button", { name: /^Publish .*rds/i }).first().click();
    await page.getByText("is published.").first().waitFor();
  });
