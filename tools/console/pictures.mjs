// Photographs the console on a relay that is running: docs/images/console-*.png.
import { DESK, PHONE, launch, open, signIn } from "./browser.mjs";

const [chromium, url, token, folder] = process.argv.slice(2);
const browser = await launch(chromium);

const toAlert = (name) => async (page) => {
  await page.getByRole("link", { name }).first().click();
  await page.locator(".timeline li, .block .quiet").first().waitFor();
};
const toSilence = async (page) => {
  await toAlert(/DiskWillFill/)(page);
  await page.getByRole("link", { name: "Silence…" }).click();
  await page.getByLabel("Why").fill("The disk of search-1 is replaced at noon");
  await page.locator(".matched li").first().waitFor();
};
const SMALL = { ...PHONE, deviceScaleFactor: 1.5 }; // of PHONE they would be too large for a repository
const PICTURES = [
  ["alerts-desk-light", DESK, "light", "alerts"],
  ["alerts-phone-dark", SMALL, "dark", "alerts"],
  ["alert-desk-dark", DESK, "dark", "alerts", toAlert(/ErrorBudgetBurningFast/)],
  ["alert-phone-light", SMALL, "light", "alerts", toAlert(/ErrorBudgetBurningFast/)],
  ["silence-desk-light", DESK, "light", "alerts", toSilence],
  ["silence-phone-dark", SMALL, "dark", "alerts", toSilence],
  ["route-desk-light", DESK, "light", "routes?labels=severity%3Dcritical+service%3Dcheckout"],
  ["unsent-phone-light", SMALL, "light", "unsent"],
];

for (const [name, size, colorScheme, address, act] of PICTURES) {
  const { page, context, complaints } = await open(browser, { ...size, colorScheme });
  await signIn(context, { url, token });
  await page.goto(`${url}/console/#/${address}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await act?.(page);
  await page.waitForFunction(() => !document.querySelector(".waiting, .asking"));
  await page.evaluate(() => document.activeElement.blur());
  await page.screenshot({ path: `${folder}/console-${name}.png` });
  if (complaints.length) throw new Error(complaints.join("\n"));
  await context.close();
}
await browser.close();
