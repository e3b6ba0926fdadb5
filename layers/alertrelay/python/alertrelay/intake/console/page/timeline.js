// What happened to an alert, oldest first.
import { html } from "./html.js";
import { useAnswer } from "./store.js";
import { Fault, Icon, Time, Waiting } from "./parts.js";

const MARKS = {
  fired: "warning", notified: "ok", merged: "ok", delivered: "ok", "fell back": "warning", fallback: "warning", failed: "fail", "dead-lettered": "fail",
  suppressed: "mute", silenced: "mute", inhibited: "mute", acknowledged: "person", unacknowledged: "person", escalated: "warning", resolved: "ok", judged: "note",
};

export function Timeline({ address }) {
  const { data, failure, again } = useAnswer(`${address}/timeline`);
  if (!data && failure?.status === 404) return null;
  return html`<section class="block" aria-labelledby="timeline"><h2 id="timeline">Timeline</h2>
    ${failure && !data ? html`<${Fault} failure=${failure} again=${again} what="The timeline could not be read." />` : !data ? html`<${Waiting} what="Reading the timeline" />` : html`<${Entries} data=${data} />`}
  </section>`;
}

function Entries({ data }) {
  if (!data.entries.length) return html`<p class="quiet">Nothing is recorded yet.</p>`;
  return html`<ol class="timeline">${data.entries.map((one, at) => html`<li key=${at} class=${MARKS[one.what] ?? "other"}><${Icon} name=${MARKS[one.what] ?? "other"} />
      <span class="timeline-at"><${Time} at=${one.at} /></span>
      <span class="timeline-what"><strong>${one.what}</strong> ${one.text}${one.channel && html` <span class="quiet">${one.channel}</span>`}${one.who && html` <span class="quiet">by ${one.who}</span>`}</span></li>`)}</ol>
    ${!data.complete && html`<p class="quiet">From the state table alone: the log has more, or cannot be read from here.</p>`}`;
}
