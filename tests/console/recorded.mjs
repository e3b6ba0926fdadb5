// Answers in the shapes of the API, for states that a fresh server does not have: 5,000 alerts, budgets, dead letters.
// tests/intake/test_console_recorded.py compares the shapes of recorded.json with those of the API's own answers.
import { readFileSync } from "node:fs";

/** Answers by their path. */
export const RECORDED = JSON.parse(readFileSync(new URL("recorded.json", import.meta.url), "utf8"));

const NOW = Date.parse("2026-11-30T02:14:00.000Z");
const at = (minutes, now) => new Date(now - minutes * 60_000).toISOString();

const SEVERITIES = ["critical", "warning", "warning", "warning", "info"];
const NAMES = ["HighLatency", "QueueBacklog", "DiskWillFill", "ErrorRate", "ReplicaLag", "CertificateExpires"];
const SERVICES = ["orders", "checkout", "search", "payments", "catalog", "mail", "identity", "shipping", "reports", "gateway"];

/** Returns an alert of the overview; `part` overrides. */
export function alertOf(number, part = {}, now = NOW) {
  const severity = SEVERITIES[number % SEVERITIES.length];
  const service = SERVICES[number % SERVICES.length] + (number >= 1000 ? `-${(number * 7) % 31}` : "");
  const name = NAMES[number % NAMES.length];
  return {
    ...RECORDED["/api/v1/overview"].alerts[0], fingerprint: number.toString(16).padStart(16, "0"), name, severity, service, since: at(3 + (number % 400), now),
    summary: `${name} on ${service}: above its limit for ${3 + (number % 40)} minutes`,
    labels: { alertname: name, service, severity, env: "prod", instance: `i-${(number * 2654435761 % 2 ** 32).toString(16)}` },
    receivers: severity === "critical" ? ["oncall", "slack-critical"] : ["slack"], ...part,
  };
}

/** Returns the overview of alerts, most severe first. */
export function overviewOf(alerts, now = NOW) {
  const rank = (one) => ["critical", "warning", "info"].indexOf(one.severity);
  const count = (key) => alerts.reduce((sums, one) => ({ ...sums, [one[key]]: (sums[one[key]] ?? 0) + 1 }), {});
  const suppressed = alerts.filter((one) => one.state === "suppressed").length;
  return {
    asOf: new Date(now).toISOString(),
    counts: { active: alerts.length - suppressed, suppressed, bySeverity: count("severity"), byService: count("service") },
    alerts: [...alerts].sort((one, other) => rank(one) - rank(other) || other.since.localeCompare(one.since)),
  };
}

export const many = (number, now) => overviewOf(Array.from({ length: number }, (_, each) => alertOf(each + 1000, {}, now)), now);
