// Runs scenarios in one browser for all tests: a line of JSON in, {"run": name, "with": {…}}; a line out, {"fault": null or text}.
import { createInterface } from "node:readline";
import { launch } from "../../tools/console/browser.mjs";
import { forget } from "./scenarios/page.mjs";
import * as acting from "./scenarios/acting.mjs";
import * as reading from "./scenarios/reading.mjs";
import * as using from "./scenarios/using.mjs";

const SCENARIOS = { ...reading, ...acting, ...using };
const browser = await launch(process.argv[2]);

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let fault = null;
  try {
    await SCENARIOS[asked.run](browser, asked.with);
  } catch (error) {
    await forget();
    fault = String(error.stack ?? error).split("\n").filter((row) => !/retrying|waiting|scrolling|visible, enabled/.test(row)).slice(0, 40).join("\n");
  }
  process.stdout.write(`${JSON.stringify({ fault })}\n`);
}
await browser.close();
