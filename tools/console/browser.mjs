// Debian's Chromium by playwright-core, and a page of the console in it, for tests, pictures and the bench.
import { chromium } from "playwright-core";

const QUIET = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export const DESK = { viewport: { width: 1280, height: 860 } };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

/** Returns the browser at a path; it speaks to loopback alone. */
export const launch = (executablePath) => chromium.launch({ executablePath, args: QUIET });

/** Returns a page with a context of its own, and the list of what it complained of: errors, and violations of the policy. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "UTC", reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(30000);
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error.stack)));
  page.on("console", (message) => {
    // A status of 4xx or 5xx is the page's to show; Chromium notes each as well.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  await page.addInitScript(() => {
    window.violations = [];
    addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  return { page, context, complaints };
}

/** Signs in by the server's own request, so that the page opens with a session. */
export async function signIn(context, { url, token, name = "ana" }) {
  const answer = await context.request.post(`${url}/console/sign-in`, { headers: { "X-Alertrelay-Console": "1" }, data: { token, name } });
  if (!answer.ok()) throw new Error(`sign-in answered ${answer.status()}`);
}
