// A silence: from an alert, by hand, or like another one. What it matches is shown before it can be made.
import { html, useEffect, useMemo, useState } from "./html.js";
import { may, notify, now, refresh, useStore } from "./store.js";
import { get, post, remove } from "./api.js";
import { go, href } from "./router.js";
import { clock, matcherOf, operatorOf, plural } from "./format.js";
import { Chip, Fault, Icon, Severity, Title, Waiting, useTask } from "./parts.js";
import { keepDraft, keptDraft } from "./draft.js";

const KEPT = ["alertname", "service", "env"]; // of an alert's labels, chosen at first
const HOUR = 3_600_000;
const LENGTHS = [["1h", "1 h"], ["4h", "4 h"], ["tomorrow", "Until tomorrow 9:00"], ["at", "Until…"]];

/** Returns when a silence of the draft ends. */
function endOf(draft, from) {
  if (draft.length === "1h") return new Date(from + HOUR);
  if (draft.length === "4h") return new Date(from + 4 * HOUR);
  if (draft.length === "at") return new Date(draft.until);
  const morning = new Date(from);
  morning.setDate(morning.getDate() + 1);
  morning.setHours(9, 0, 0, 0);
  return morning;
}

const localText = (at) => new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

function ofAlert(alert) {
  const names = Object.keys(alert.labels).sort((one, other) => KEPT.includes(other) - KEPT.includes(one));
  return names.map((name) => ({ name, op: "=", value: alert.labels[name], on: KEPT.includes(name), fixed: true }));
}

const ofSilence = (one) => one.matchers.map((matcher) => ({ name: matcher.name, op: operatorOf(matcher), value: matcher.value, on: true }));
const EMPTY = { rows: [{ name: "", op: "=", value: "", on: true }], length: "4h", until: "", comment: "" };

/** Returns the draft that an address asks for. Throws ApiFailure. */
async function drafted(query, overview) {
  const from = query.get("from");
  const other = query.get("like") ?? query.get("change");
  if (from) {
    const alert = overview?.alerts.find((one) => one.fingerprint === from) ?? (await get(`/api/v1/alert/${encodeURIComponent(from)}`)).alert;
    return { ...EMPTY, rows: ofAlert(alert), about: alert.name };
  }
  if (!other) return EMPTY;
  const silence = await get(`/api/v2/silence/${encodeURIComponent(other)}`);
  const changes = query.get("change") ? { id: silence.id, startsAt: silence.startsAt, length: "at", until: localText(Date.parse(silence.endsAt)) } : {};
  return { ...EMPTY, rows: ofSilence(silence), comment: silence.comment, ...changes };
}

export function SilenceForm({ query, session }) {
  const address = query.toString();
  const overview = useStore((one) => one.overview);
  const [draft, set] = useState(null);
  const [failure, setFailure] = useState(null);
  const [restored, setRestored] = useState(false);
  useEffect(() => {
    const kept = keptDraft();
    if (kept?.address === address) {
      setRestored(true);
      set(kept);
      return;
    }
    drafted(query, overview).then((made) => set({ ...made, address }), setFailure);
  }, [address]);
  const change = (part) => {
    const next = { ...draft, ...part };
    keepDraft(next);
    set(next);
  };
  const title = html`<${Title} page="Silence">${draft?.id ? "Change a silence" : draft?.about ? html`Silence ${draft.about}` : "New silence"}<//>`;
  if (!may(session, "silence") && session.signedIn) return html`${title}<p class="note">Silencing needs a token with the right “silence”: sign out, and sign in with one.</p>`;
  if (failure) return html`${title}<${Fault} failure=${failure} what="The form could not be filled in." />`;
  if (!draft) return html`${title}<${Waiting} what="Filling in the form" />`;
  return html`${title}<${Form} draft=${draft} change=${change} restored=${restored} session=${session} />`;
}

function Form({ draft, change, restored, session }) {
  const chosen = draft.rows.filter((one) => one.on && one.name.trim());
  const matchers = useMemo(() => chosen.map(matcherOf), [JSON.stringify(chosen)]);
  const preview = usePreview(matchers);
  const at = now();
  const ends = endOf(draft, at);
  const late = Number.isNaN(ends.getTime()) || ends.getTime() <= at;
  const make = useTask(async () => {
    const body = { matchers, startsAt: draft.startsAt ?? new Date(now()).toISOString(), endsAt: endOf(draft, now()).toISOString(), createdBy: session.name || "console", comment: draft.comment.trim(), ...(draft.id && { id: draft.id }) };
    const { silenceID: id } = await post("/api/v2/silences", body);
    keepDraft(null);
    const undo = { label: "Undo", run: () => unmake(id) };
    notify(`Silenced until ${clock(body.endsAt, now())}.`, draft.id ? null : undo, "good");
    go(href(["silences"], { id }));
    await refresh();
  });
  const submit = (event) => {
    event.preventDefault();
    make.start();
  };
  const cancel = () => {
    keepDraft(null);
    history.length > 1 ? history.back() : go("#/silences");
  };
  const ready = preview.data && !late && !preview.asking;
  return html`<form class="silence-form" onSubmit=${submit}>
    <div class="form-side">
    ${restored && html`<p class="note"><${Icon} name="note" /><span>Your draft is kept from before. Nothing is silenced yet.</span></p>`}
    <${Rows} rows=${draft.rows} change=${change} />
    <fieldset><legend>How long</legend><div class="segments wrap">${LENGTHS.map(([value, text]) => html`<label key=${value}><input type="radio" name="length" value=${value} checked=${draft.length === value} onChange=${() => change({ length: value, until: draft.until || localText(at + 8 * HOUR) })} /><span>${text}</span></label>`)}</div>
      ${draft.length === "at" && html`<label>Ends at<input type="datetime-local" required value=${draft.until} min=${localText(at)} onInput=${(event) => change({ until: event.target.value })} /></label>`}
      <p class="quiet">${late ? html`<span class="bad-text">That is in the past: choose a later end.</span>` : `Ends ${clock(ends.toISOString(), at)}, by this device's clock and time zone.`}</p></fieldset>
    <label>Why<textarea rows="2" required maxlength="1000" placeholder="For example: deploy of orders until four" value=${draft.comment} onInput=${(event) => change({ comment: event.target.value })}></textarea></label>
    </div>
    <${Preview} preview=${preview} empty=${!matchers.length} />
    <div class="form-acts">
      ${make.failure && html`<${Fault} failure=${make.failure} what=${make.failure.status === 401 ? "Nothing is silenced yet." : "The silence was not made."} />`}
      <button class="primary" disabled=${!ready || make.busy}>${make.busy ? "Silencing…" : draft.id ? "Change it" : preview.data && !preview.asking ? `Silence ${plural(preview.data.total, "alert")}` : "Silence"}</button>
      <button type="button" onClick=${cancel}>Cancel</button>
    </div></form>`;
}

async function unmake(id) {
  await remove(`/api/v2/silence/${id}`);
  notify("Undone: the silence has expired.");
  await refresh();
}

function Rows({ rows, change }) {
  const set = (at, part) => change({ rows: rows.map((row, other) => (other === at ? { ...row, ...part } : row)) });
  return html`<fieldset class="rows"><legend>Alerts with all of these labels</legend>
    ${rows.map((row, at) => html`<div class=${`matcher ${row.on ? "" : "off"}`} key=${at}>
      <input type="checkbox" checked=${row.on} aria-label=${`Match ${row.name || "this label"}`} onChange=${(event) => set(at, { on: event.target.checked })} />
      ${row.fixed ? html`<span class="matcher-name mono">${row.name}</span>` : html`<input class="matcher-name mono" aria-label="Label" placeholder="service" spellcheck=${false} autocapitalize="none" value=${row.name} onInput=${(event) => set(at, { name: event.target.value })} />`}
      <select aria-label=${`Operator of ${row.name || "this label"}`} value=${row.op} disabled=${!row.on} onChange=${(event) => set(at, { op: event.target.value })}>${["=", "!=", "=~", "!~"].map((op) => html`<option key=${op}>${op}</option>`)}</select>
      <input class="matcher-value mono" aria-label=${`Value of ${row.name || "this label"}`} disabled=${!row.on} spellcheck=${false} autocapitalize="none" value=${row.value} onInput=${(event) => set(at, { value: event.target.value })} />
    </div>`)}
    <button type="button" class="link" onClick=${() => change({ rows: [...rows, { name: "", op: "=", value: "", on: true }] })}>Add a matcher</button></fieldset>`;
}

/** What the matchers match now: asked for when they have been still for a moment. */
function usePreview(matchers) {
  const [preview, set] = useState({ of: null, data: null, failure: null });
  const signedIn = useStore((one) => one.session?.signedIn);
  useEffect(() => {
    if (!matchers.length || !signedIn) return undefined;
    let wanted = true;
    const timer = setTimeout(() => {
      post("/api/v1/silences/preview", { matchers }).then(
        (data) => wanted && set({ of: matchers, data, failure: null }),
        (failure) => wanted && set({ of: matchers, data: null, failure }),
      );
    }, 250);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [matchers, signedIn]);
  return matchers.length ? { ...preview, asking: preview.of !== matchers } : { data: null, failure: null, asking: false };
}

function Preview({ preview: { data, failure, asking }, empty }) {
  return html`<section class=${`preview ${asking ? "asking" : ""}`} aria-labelledby="preview"><h2 id="preview">It would mute</h2>
    <div role="status">${empty ? html`<p class="quiet">Choose at least one label.</p>` : failure ? html`<p class="bad-text">${failure.message}</p>` : data ? html`<p class="big">${plural(data.total, "alert")}<span class="quiet"> now, and every later one that matches</span></p>` : html`<${Waiting} what="Looking what it matches" />`}</div>
    ${data?.warnings.map((text) => html`<p class="note warn-note" key=${text}><${Icon} name="warning" /><span>${text}</span></p>`)}
    ${data && html`<ul class="matched">${data.alerts.slice(0, 20).map((one) => html`<li key=${one.fingerprint}><${Severity} severity=${one.severity} quiet=${true} /><span>${one.name}</span><span class="quiet">${one.service}</span>${one.state === "suppressed" && html`<${Chip}>already suppressed<//>`}</li>`)}</ul>`}
    ${data && data.total > 20 && html`<p class="quiet">and ${data.total - 20} more</p>`}</section>`;
}
