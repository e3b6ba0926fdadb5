// Error budgets and anomalies, where there are any.
import { html } from "./html.js";
import { useAnswer } from "./store.js";
import { span } from "./format.js";
import { Away, Fault, Nothing, Time, Title, Waiting } from "./parts.js";

export function Budgets() {
  const budgets = useAnswer("/api/v1/budgets");
  const anomalies = useAnswer("/api/v1/anomalies");
  return html`<${Title} page="Budgets">Budgets and anomalies<//>
    <section class="block" aria-labelledby="budgets"><h2 id="budgets">Error budgets</h2>
      <${Answered} answer=${budgets} what="error budgets">${(data) => data.budgets.length ? html`<ul class="cards two">${data.budgets.map((one) => html`<li class="card" key=${one.objective}><${Budget} one=${one} /></li>`)}</ul>` : html`<${Nothing} icon="other">No objective has counts yet.<//>`}<//></section>
    <section class="block" aria-labelledby="anomalies"><h2 id="anomalies">Anomalies</h2>
      <${Answered} answer=${anomalies} what="anomalies">${(data) => data.anomalies.length ? html`<ul class="cards two">${data.anomalies.map((one, at) => html`<li class="card" key=${at}><${Anomaly} one=${one} /></li>`)}</ul>` : html`<${Nothing}>No metric is anomalous now.<//>`}<//></section>`;
}

function Answered({ answer: { data, failure, again }, what, children }) {
  if (data) return html`${failure && html`<${Fault} failure=${failure} again=${again} what="This is an older answer." />`}${children(data)}`;
  return failure ? html`<${Fault} failure=${failure} again=${again} what=${`The ${what} could not be read.`} />` : html`<${Waiting} what=${`Reading the ${what}`} />`;
}

function Budget({ one }) {
  const left = Math.max(0, Math.min(1, one.remaining));
  const tone = one.remaining <= 0 ? "critical" : one.remaining < 0.25 ? "warning" : "ok";
  const rates = Object.entries(one.burnRates).map(([seconds, rate]) => [Number(seconds), rate]).sort(([one], [other]) => one - other);
  return html`<h3>${one.objective}</h3>
    <p class="big">${percent(one.remaining)}<span class="quiet"> of the budget is left</span></p>
    <${Meter} share=${left} tone=${tone} label=${`${percent(one.remaining)} of the error budget of ${one.objective} is left`} />
    <p>${round(one.consumedMinutes)} of ${round(one.allowedMinutes)} min spent <span class="quiet">(${one.percent} % of ${span(one.windowSeconds * 1000)}${one.historySeconds < one.windowSeconds ? `, known for ${span(one.historySeconds * 1000)}` : ""})</span></p>
    ${rates.length > 0 && html`<p class="quiet">Burn rate: ${rates.map(([seconds, rate]) => `${round(rate)}× over ${span(seconds * 1000)}`).join(", ")}</p>`}
    <p class="quiet">as of <${Time} at=${one.asOf} /></p>`;
}

function Anomaly({ one }) {
  return html`<h3>${one.service || "no service"}</h3><p>${one.text}</p>
    <${Meter} share=${Math.min(1, one.score)} tone="warning" label=${`Score ${round(one.score)}`} />
    <p class="quiet">score ${round(one.score)}, since <${Time} at=${one.since} />${one.link && html` · <${Away} to=${one.link}>graph<//>`}</p>`;
}

const Meter = ({ share, tone, label }) =>
  html`<div class=${`meter ${tone}`} role="img" aria-label=${label}><span style=${{ width: `${(share * 100).toFixed(1)}%` }}></span></div>`;

const percent = (share) => `${Math.round(share * 100)} %`;
const round = (number) => (Math.abs(number) < 10 ? Math.round(number * 100) / 100 : Math.round(number)).toLocaleString("en");

/** The budget and the anomalies that belong to an alert. */
export function Related({ alert }) {
  const objective = alert.labels.slo ?? "";
  const budgets = useAnswer(objective ? "/api/v1/budgets" : null, { every: false });
  const anomalies = useAnswer(alert.service ? "/api/v1/anomalies" : null, { every: false });
  const budget = budgets.data?.budgets.find((one) => one.objective === objective);
  const near = anomalies.data?.anomalies.filter((one) => one.service === alert.service) ?? [];
  if (!budget && !near.length) return null;
  return html`<section class="block" aria-labelledby="related"><h2 id="related">${budget && near.length ? "Error budget and anomalies" : budget ? "Error budget" : "Anomalies of this service"}</h2>
    <ul class="cards two">${budget && html`<li class="card"><${Budget} one=${budget} /></li>`}${near.map((one, at) => html`<li class="card" key=${at}><${Anomaly} one=${one} /></li>`)}</ul></section>`;
}
