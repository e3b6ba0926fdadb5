// One alert: what it is, who was notified, why not, what happened when, and what to do about it.
import { html, useState } from "./html.js";
import { may, notify, refresh, useAnswer, useStore } from "./store.js";
import { post, remove } from "./api.js";
import { href } from "./router.js";
import { listAddress } from "./places.js";
import { WHY, webAddress } from "./format.js";
import { Away, Chip, Fault, Icon, Matchers, Severity, Time, Title, Waiting, useTask } from "./parts.js";
import { Notified } from "./notified.js";
import { Timeline } from "./timeline.js";
import { Messages } from "./messages.js";
import { RouteOf } from "./routes.js";
import { Related } from "./budgets.js";

export function Alert({ parts: [fingerprint = ""], session }) {
  const address = `/api/v1/alert/${encodeURIComponent(fingerprint)}`;
  const { data, failure, again } = useAnswer(address);
  const listed = useStore((one) => one.overview?.alerts.find((alert) => alert.fingerprint === fingerprint));
  const alert = data?.alert ?? listed;
  const back = html`<p class="back"><a href=${listAddress()}>‹ All alerts</a></p>`;
  if (!alert) {
    if (failure?.status === 404) return html`${back}<${Ended} fingerprint=${fingerprint} />`;
    return html`${back}<${Title} page="Alert">Alert<//>${failure ? html`<${Fault} failure=${failure} again=${again} what="The alert could not be read." />` : html`<${Waiting} what="Reading the alert" />`}`;
  }
  return html`<article class="alert">
    ${back}
    <${Head} alert=${alert} />
    ${failure && html`<${Fault} failure=${failure} again=${again} what="This is an older answer." />`}
    <${Acts} alert=${alert} session=${session} again=${again} />
    ${alert.anomaly && html`<${Judge} alert=${alert} can=${may(session, "silence")} />`}
    <${Suppressed} given=${data?.suppressedBy ?? []} alert=${alert} />
    <${Texts} alert=${alert} />
    <${Notified} address=${address} data=${data} />
    <${Timeline} address=${address} />
    <${Related} alert=${alert} />
    <${Labels} labels=${alert.labels} />
    <${RouteOf} labels=${alert.labels} />
    <${Messages} address=${address} />
  </article>`;
}

function Ended({ fingerprint }) {
  return html`<${Title} page="Alert">This alert does not fire<//>
    <p>Nothing that fires, or ended in the last half hour, has the fingerprint <code>${fingerprint}</code>. It has resolved since the link was made.</p>
    <${Timeline} address=${`/api/v1/alert/${encodeURIComponent(fingerprint)}`} />`;
}

function Head({ alert }) {
  const ended = alert.status === "resolved";
  return html`<header class="alert-head">
    <p class="over"><${Severity} severity=${alert.severity} />${alert.service && html`<span>${alert.service}</span>`}${alert.labels.env && html`<span>${alert.labels.env}</span>`}</p>
    <${Title} page=${alert.name || "Alert"}>${alert.name || "No name"}<//>
    <p class="since">${ended ? html`<${Chip} tone="good" icon="ok">Resolved<//> <${Time} at=${alert.endsAt} ago />, fired since <${Time} at=${alert.since} />` : html`Fires since <${Time} at=${alert.since} /> <span class="quiet">(<${Time} at=${alert.since} ago />)</span>`}</p>
  </header>`;
}

function Texts({ alert }) {
  const { summary, description, runbook_url: runbook, ...others } = alert.annotations ?? {};
  const first = summary ?? alert.summary;
  const links = [[runbook, "Runbook"], [alert.generatorURL, "Source"]].filter(([address]) => webAddress(address));
  const rest = Object.entries(others);
  return html`<section class="texts" aria-label="What it says">
    ${first && html`<p class="lead">${first}</p>`}
    ${description && description !== first && html`<p class="description">${description}</p>`}
    ${links.length > 0 && html`<p class="links">${links.map(([address, words]) => html`<${Away} key=${words} to=${address}>${words}<//>`)}</p>`}
    ${rest.length > 0 && html`<details class="fold"><summary>Annotations <span class="number">${rest.length}</span></summary><${Pairs} pairs=${rest} /></details>`}
  </section>`;
}

const Pairs = ({ pairs }) =>
  html`<dl class="pairs">${pairs.map(([name, text]) => html`<div key=${name}><dt>${name}</dt><dd>${webAddress(text) ? html`<${Away} to=${text}>${text}<//>` : text}</dd></div>`)}</dl>`;

function Labels({ labels }) {
  return html`<section class="block" aria-labelledby="labels"><h2 id="labels">Labels</h2>
    <ul class="labels">${Object.entries(labels).map(([name, value]) => html`<li key=${name}><a href=${href(["alerts"], { q: `${name}=${value.split(/\s/)[0]}` })} title="Alerts with this label"><span class="label-name">${name}</span><span class="label-value">${value}</span></a></li>`)}</ul></section>`;
}

function Acts({ alert, session, again }) {
  const [comment, setComment] = useState(null);
  const can = may(session, "silence");
  const after = async () => {
    again();
    await refresh();
  };
  const undo = async () => {
    await remove(`/api/v1/acknowledgements/${encodeURIComponent(alert.fingerprint)}`);
    notify("Nobody has acknowledged it any more.");
    await after();
  };
  const acknowledge = useTask(async () => {
    await post("/api/v1/acknowledgements", { fingerprint: alert.fingerprint, comment: comment ?? "" });
    setComment(null);
    notify(`${alert.name} is acknowledged.`, { label: "Undo", run: undo }, "good");
    await after();
  });
  const take = useTask(undo);
  const fires = alert.status !== "resolved";
  const failure = acknowledge.failure ?? take.failure;
  return html`<div class="acts" role="group" aria-label="Actions">
    ${alert.acknowledged
      ? html`<p class="has"><${Icon} name="person" /><span><strong>${alert.acknowledged.by || "Somebody"}</strong> has it since <${Time} at=${alert.acknowledged.at} />${alert.acknowledged.comment && html`<q>${alert.acknowledged.comment}</q>`}</span></p>
        <button type="button" disabled=${!can || take.busy} onClick=${take.start}>Take it back</button>`
      : fires && html`${comment !== null && html`<label class="comment"><span class="unseen">Comment</span><input placeholder="What you know, or do about it" maxlength="500" value=${comment} ref=${focusOnce} onInput=${(event) => setComment(event.target.value)} onKeyDown=${(event) => event.key === "Enter" && acknowledge.start()} /></label>`}
        <button type="button" class="primary" disabled=${!can || acknowledge.busy} onClick=${acknowledge.start}>${acknowledge.busy ? "Acknowledging…" : "Acknowledge"}</button>`}
    ${fires && can && html`<a class="button" href=${href(["silence"], { from: alert.fingerprint })}>Silence…</a>`}
    ${fires && can && !alert.acknowledged && comment === null && html`<button type="button" class="link" onClick=${() => setComment("")}>Add a comment</button>`}
    ${fires && !can && html`<span class="quiet">A token with the right “silence” acknowledges and silences.</span>`}
    ${failure && html`<${Fault} failure=${failure} what="That did not work." />`}
  </div>`;
}

const WORDS = [[true, "Helpful"], [false, "Not helpful"]];

function Judge({ alert, can }) {
  const [own, setOwn] = useState(null); // until the next answer has it
  const said = own ?? alert.verdict?.helpful ?? null;
  const task = useTask(async (helpful) => {
    await post("/api/v1/feedback", { fingerprint: alert.fingerprint, helpful });
    setOwn(helpful);
    notify(`Kept as ${helpful ? "helpful" : "not helpful"}. A later answer replaces it.`, null, "good");
  });
  return html`<div class="acts" role="group" aria-label="Was it helpful to know of this anomaly?">
    <span class="asked">Was it helpful to know of this anomaly?</span>
    ${WORDS.map(([helpful, words]) => html`<button key=${words} type="button" class="toggle" aria-pressed=${said === helpful ? "true" : "false"} disabled=${!can || task.busy} onClick=${() => task.start(helpful)}>${words}</button>`)}
    ${own === null && alert.verdict && html`<span class="quiet">said ${alert.verdict.by}, <${Time} at=${alert.verdict.at} /></span>`}
    ${!can && html`<span class="quiet">A token with the right “silence” may say so.</span>`}
    ${task.failure && html`<${Fault} failure=${task.failure} what="That was not kept." />`}
  </div>`;
}

function focusOnce(input) {
  if (input && !input.dataset.focused) {
    input.dataset.focused = "yes";
    input.focus();
  }
}

function Suppressed({ given, alert }) {
  if (alert.state !== "suppressed") return null;
  return html`<section class="note quiet-note" aria-label="Why nobody is notified"><${Icon} name="mute" /><div>
    ${given.length ? given.map((one, at) => html`<${Why} key=${at} one=${one} />`) : html`<p>${WHY[alert.why] ?? alert.why} <code>${alert.why}</code></p>`}
  </div></section>`;
}

function Why({ one }) {
  const { silence, alert } = one;
  if (silence) {
    return html`<div><p><strong>Silenced</strong> by ${silence.createdBy || "somebody"}, until <${Time} at=${silence.endsAt} /> <code class="reason">${one.why}</code></p>
      ${silence.comment && html`<p><q>${silence.comment}</q></p>`}<p><${Matchers} matchers=${silence.matchers} /></p><p><a href=${href(["silences"], { id: silence.id })}>Show this silence</a></p></div>`;
  }
  if (alert) {
    return html`<p><strong>Inhibited</strong> by <a href=${href(["alert", alert.fingerprint])}>${alert.name || alert.fingerprint}</a> <code class="reason">${one.why}</code></p>`;
  }
  return html`<p><strong>${WHY[one.why] ?? one.why}</strong>${one.interval && html`: ${one.interval}`} <code class="reason">${one.why}</code></p>`;
}
