// Who was notified of an alert, by which channel, and what failed.
import { html, useState } from "./html.js";
import { useAnswer } from "./store.js";
import { receiversOf } from "./format.js";
import { Chip, Fault, Time, Waiting } from "./parts.js";

const STATES = {
  notified: ["good", "ok", "Notified"],
  by_fallback: ["warn", "warning", "By a fallback only"],
  pending: ["plain", "wait", "Waits for its flush"],
  failing: ["bad", "fail", "Not delivered, retried"],
  uncertain: ["warn", "wait", "Uncertain, notified once more"],
  in_digest: ["plain", "note", "In the storm digest"],
  quiet: ["plain", "mute", "Nothing to notify"],
  escalates: ["plain", "wait", "If nobody acknowledges"],
  acknowledged: ["plain", "ok", "Not called: acknowledged"],
};

const SETTLED = new Set(["notified", "acknowledged"]); // its next flush concerns nobody

export function Notified({ address, data }) {
  const [asked, setAsked] = useState(false);
  return html`<section class="block" aria-labelledby="notified"><h2 id="notified">Who was notified</h2>
    ${!data ? html`<${Waiting} what="Reading who was notified" />` : data.notifications.length ? html`<ul class="notified">${data.notifications.map((one) => html`<${One} key=${one.integration} one=${one} />`)}</ul>` : html`<p class="quiet">No group has this alert yet.</p>`}
    ${asked ? html`<${Outcomes} address=${address} />` : html`<button type="button" class="link" onClick=${() => setAsked(true)}>Every outcome, from the log</button>`}
  </section>`;
}

function One({ one }) {
  const [tone, icon, words] = STATES[one.state] ?? ["plain", "other", one.state];
  const instead = one.fallbacks?.length ? `notified instead: ${receiversOf(one.fallbacks)}` : "";
  return html`<li>
    <span class="who"><strong>${one.receiver}</strong><span class="quiet">${one.tier > 0 && `tier ${one.tier}, `}${one.channel}${instead && `, ${instead}`}</span></span>
    <${Chip} tone=${tone} icon=${icon}>${words}<//>
    <span class="when">${one.at && html`<${Time} at=${one.at} />`}
      ${one.failures > 0 && html`<span class="bad-text">${one.failures} failed${one.failingSince && html` since <${Time} at=${one.failingSince} />`}</span>`}
      ${one.next && !SETTLED.has(one.state) && html`<span class="quiet">${one.state === "escalates" ? "at" : "next"} <${Time} at=${one.next} /></span>`}</span>
  </li>`;
}

const TONES = { delivered: "good", fallback: "warn", failed: "bad", pending: "warn" };

function Outcomes({ address }) {
  const { data, failure, again } = useAnswer(`${address}?outcomes=1`, { every: false });
  if (failure) return html`<${Fault} failure=${failure} again=${again} what="The log could not be asked." />`;
  if (!data) return html`<${Waiting} what="Asking the log, some seconds" />`;
  if (data.outcomes === null || data.outcomes === undefined) return html`<p class="quiet">The log cannot be read from here now.</p>`;
  if (!data.outcomes.length) return html`<p class="quiet">The log has no outcome of this alert.</p>`;
  return html`<table class="outcomes"><caption class="unseen">Outcomes, newest first</caption>
    <thead><tr><th scope="col">When</th><th scope="col">Integration</th><th scope="col">Outcome</th><th scope="col">Reason</th></tr></thead>
    <tbody>${data.outcomes.map((one, at) => html`<tr key=${at}><td><${Time} at=${one.at} /></td><td>${one.integration}</td><td><${Chip} tone=${TONES[one.outcome] ?? "plain"}>${one.outcome}<//></td><td><code>${one.reason}</code> ${one.detail}</td></tr>`)}</tbody></table>`;
}
