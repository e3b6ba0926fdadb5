// Silences: which there are, what they mute, and their end.
import { html, useEffect, useRef } from "./html.js";
import { may, notify, now, refresh, useAnswer, useStore } from "./store.js";
import { post, remove } from "./api.js";
import { href } from "./router.js";
import { plural } from "./format.js";
import { Chip, Fault, Matchers, Nothing, Time, Title, Waiting, useTask } from "./parts.js";

export function Silences({ query, session }) {
  const { data, failure, again } = useAnswer("/api/v2/silences");
  const can = may(session, "silence");
  const of = (state) => (data ?? []).filter((one) => one.status.state === state);
  const wanted = query.get("id");
  return html`<div class="title-line"><${Title} page="Silences">${data ? plural(of("active").length, "active silence") : "Silences"}<//>
      ${can && html`<a class="button primary" href="#/silence">New silence</a>`}</div>
    ${failure && html`<${Fault} failure=${failure} again=${again} what=${data ? "This is an older answer." : "The silences could not be read."} />`}
    ${!data ? !failure && html`<${Waiting} what="Reading the silences" />` : html`
      ${!data.length && html`<${Nothing}>There is no silence.<//>`}
      <${List} name="Active" silences=${of("active")} can=${can} again=${again} wanted=${wanted} />
      <${List} name="Pending" silences=${of("pending")} can=${can} again=${again} wanted=${wanted} />
      <${Expired} silences=${of("expired")} can=${can} again=${again} wanted=${wanted} />`}`;
}

function List({ name, silences, ...others }) {
  if (!silences.length) return null;
  return html`<section class="block" aria-label=${`${name} silences`}>${name !== "Active" && html`<h2>${name}</h2>`}
    <ul class="cards">${silences.map((one) => html`<${One} key=${one.id} one=${one} ...${others} />`)}</ul></section>`;
}

function Expired({ silences, wanted, ...others }) {
  if (!silences.length) return null;
  const latest = [...silences].sort((one, other) => Date.parse(other.endsAt) - Date.parse(one.endsAt)).slice(0, 50);
  return html`<details class="block fold" open=${silences.some((one) => one.id === wanted)}><summary><h2>Expired <span class="number">${silences.length}</span></h2></summary>
    <ul class="cards">${latest.map((one) => html`<${One} key=${one.id} one=${one} wanted=${wanted} ...${others} />`)}</ul></details>`;
}

function One({ one, can, again, wanted }) {
  const card = useRef(null);
  const muted = useStore((state) => state.overview?.alerts.filter((alert) => alert.by.includes(one.id)).length ?? 0);
  useEffect(() => {
    if (one.id === wanted) card.current.scrollIntoView({ block: "center" });
  }, [wanted]);
  const expire = useTask(async () => {
    await remove(`/api/v2/silence/${one.id}`);
    notify("The silence has expired.", { label: "Undo", run: () => restore(one, again) });
    again();
    await refresh();
  });
  const over = one.status.state === "expired";
  return html`<li ref=${card} class=${`card silence ${one.id === wanted ? "wanted" : ""}`}>
    <p><${Matchers} matchers=${one.matchers} /></p>
    ${one.comment && html`<p class="lead">${one.comment}</p>`}
    <div class="spread"><p class="quiet">${one.createdBy || "somebody"}, ${one.status.state === "pending" ? html`begins <${Time} at=${one.startsAt} />, ` : ""}${over ? "expired " : "until "}<${Time} at=${one.endsAt} />${!over && html` (<${Time} at=${one.endsAt} ago />)`}${!over && html` <${Chip} icon="mute">${plural(muted, "alert")}<//>`}</p>
      ${can && html`<span class="actions">${over ? html`<a class="button small" href=${href(["silence"], { like: one.id })}>Silence again…</a>` : html`<a class="button small" href=${href(["silence"], { change: one.id })}>Change…</a><button type="button" class="small" disabled=${expire.busy} onClick=${expire.start}>${expire.busy ? "Expiring…" : "Expire"}</button>`}</span>`}</div>
    ${expire.failure && html`<${Fault} failure=${expire.failure} what="It did not expire." />`}</li>`;
}

/** Makes an expired silence anew, with what was left of it. */
async function restore(one, again) {
  const startsAt = new Date(Math.max(now(), Date.parse(one.startsAt))).toISOString();
  await post("/api/v2/silences", { matchers: one.matchers, startsAt, endsAt: one.endsAt, createdBy: one.createdBy, comment: one.comment });
  notify("The silence holds again.", null, "good");
  again();
  await refresh();
}
