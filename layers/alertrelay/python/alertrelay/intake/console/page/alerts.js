// What fires now, by severity and service, with filters that stand in the address.
import { html, useEffect, useMemo, useRef, useState } from "./html.js";
import { useStore } from "./store.js";
import { go, href } from "./router.js";
import { noteList } from "./places.js";
import { WHY, levelOf, plural, rankOf } from "./format.js";
import { Chip, Fault, Icon, Nothing, Time, Title, Waiting } from "./parts.js";

const FEW = 120; // so many rows are shown at once, each group whole
const FIRST = 3; // rows of a group where there are more than that
const MOST = 30; // groups at once
const STEP = 100;
const STATES = [["", "All"], ["open", "Nobody has it"], ["acknowledged", "Acknowledged"], ["suppressed", "Suppressed"]];

export function Alerts({ query, visit }) {
  const overview = useStore((one) => one.overview);
  const failure = useStore((one) => one.failure);
  const wanted = Object.fromEntries(["q", "severity", "service", "state"].map((name) => [name, query.get(name) ?? ""]));
  useEffect(noteList, [query.toString()]);
  const found = useMemo(() => overview && filtered(overview.alerts, wanted), [overview, query.toString()]);
  if (!overview) return failure ? html`<${Title} page="Alerts">Alerts<//><${Fault} failure=${failure} what="The alerts could not be read." />` : html`<${Title} page="Alerts">Alerts<//><${Waiting} what="Reading what fires" />`;
  const set = (part) => go(href(["alerts"], { ...wanted, ...part }), { replace: true });
  return html`
    <${Title} page="Alerts">${sentence(overview)}<//>
    ${(overview.alerts.length > 0 || query.toString() !== "") && html`<${Filters} overview=${overview} wanted=${wanted} set=${set} visit=${visit} shown=${found.length} />`}
    ${found.length ? html`<${Sections} found=${found} />` : html`<${Nothing} icon=${overview.alerts.length ? "other" : "ok"}>${overview.alerts.length ? "No alert matches these filters." : "Nothing fires."}<//>`}`;
}

function sentence(overview) {
  const active = overview.alerts.filter((one) => one.state === "active");
  const critical = active.filter((one) => one.severity === "critical").length;
  if (!active.length) return overview.alerts.length ? "Nothing needs you now" : "Nothing fires";
  if (!critical) return `${plural(active.length, "alert")} ${active.length === 1 ? "fires" : "fire"}, none critical`;
  return `${plural(critical, "critical alert")} ${critical === 1 ? "fires" : "fire"}${active.length > critical ? `, and ${(active.length - critical).toLocaleString("en")} more` : ""}`;
}

const texts = new WeakMap();

function textOf(alert) {
  let text = texts.get(alert);
  if (text === undefined) {
    text = [alert.name, alert.summary, alert.fingerprint, ...alert.receivers, ...Object.values(alert.labels)].join("\n").toLowerCase();
    texts.set(alert, text);
  }
  return text;
}

/** Returns the alerts that a person asks for. A word with = asks for a label, another for any text. */
function filtered(alerts, { q, severity, service, state }) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const severities = severity ? severity.split(",") : [];
  return alerts.filter(
    (one) =>
      (!severities.length || severities.includes(levelOf(one.severity))) &&
      (!service || one.service === (service === "-" ? "" : service)) &&
      inState(one, state) &&
      words.every((word) => hasWord(one, word)),
  );
}

function inState(alert, state) {
  if (state === "suppressed") return alert.state === "suppressed";
  if (state === "acknowledged") return Boolean(alert.acknowledged);
  return state !== "open" || (alert.state === "active" && !alert.acknowledged);
}

function hasWord(alert, word) {
  const [name, value] = word.split("=");
  if (value !== undefined && name in alert.labels) return alert.labels[name].toLowerCase().includes(value.replaceAll('"', ""));
  return textOf(alert).includes(word);
}

function Filters({ overview, wanted, set, visit, shown }) {
  const search = useRef(null);
  const [text, setText] = useState(wanted.q);
  useEffect(() => setText(wanted.q), [visit]); // not at each letter: the address is behind a fast typist
  useEffect(() => {
    const listener = (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
      event.preventDefault();
      search.current.focus();
    };
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, []);
  const type = (value) => {
    setText(value);
    set({ q: value });
  };
  const chosen = wanted.severity ? wanted.severity.split(",") : [];
  const toggle = (level) => set({ severity: (chosen.includes(level) ? chosen.filter((one) => one !== level) : [...chosen, level]).join(",") });
  const clear = () => {
    setText("");
    set({ q: "", severity: "", service: "", state: "" });
  };
  const any = wanted.q || wanted.severity || wanted.service || wanted.state;
  return html`<form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
    <label class="search"><span class="unseen">Search alerts, or name=value of a label</span><input ref=${search} type="search" placeholder="Search, or service=orders" autocomplete="off" spellcheck=${false} value=${text} onInput=${(event) => type(event.target.value)} onKeyDown=${(event) => event.key === "Escape" && type("")} /><kbd aria-hidden="true">/</kbd></label>
    <div class="toggles" role="group" aria-label="Severity">${levels(overview).map(([level, number]) => html`<button key=${level} type="button" class=${`toggle ${level}`} aria-pressed=${chosen.includes(level) ? "true" : "false"} onClick=${() => toggle(level)}><${Icon} name=${level} />${level} <span class="number">${number.toLocaleString("en")}</span></button>`)}</div>
    <label class="pick"><span class="unseen">Service</span><select value=${wanted.service} onChange=${(event) => set({ service: event.target.value })}>
      <option value="">Every service</option>${services(overview).map(([name, number]) => html`<option key=${name} value=${name || "-"}>${name || "no service"} (${number})</option>`)}</select></label>
    <label class="pick"><span class="unseen">State</span><select value=${wanted.state} onChange=${(event) => set({ state: event.target.value })}>${STATES.map(([value, words]) => html`<option key=${value} value=${value}>${words}</option>`)}</select></label>
    <p class="found" role="status">${any ? html`${shown.toLocaleString("en")} of ${plural(overview.alerts.length, "alert")} <button type="button" class="link" onClick=${clear}>Clear the filters</button>` : ""}</p>
  </form>`;
}

function levels(overview) {
  const counted = new Map();
  for (const [severity, number] of Object.entries(overview.counts.bySeverity)) {
    counted.set(levelOf(severity), (counted.get(levelOf(severity)) ?? 0) + number);
  }
  return [...counted].sort((one, other) => rankOf(one[0]) - rankOf(other[0]));
}

const services = (overview) => Object.entries(overview.counts.byService).sort(([one], [other]) => one.localeCompare(other));

/** Returns sections of groups: active alerts by severity and service, then the suppressed ones by reason. */
function sectionsOf(found) {
  const sections = new Map();
  for (const alert of found) {
    const quiet = alert.state === "suppressed";
    const key = quiet ? "suppressed" : levelOf(alert.severity);
    const group = quiet ? WHY[alert.why] ?? alert.why : alert.service;
    const section = sections.get(key) ?? sections.set(key, new Map()).get(key);
    (section.get(group) ?? section.set(group, []).get(group)).push(alert);
  }
  const rank = (key) => (key === "suppressed" ? 9 : rankOf(key));
  return [...sections]
    .sort(([one], [other]) => rank(one) - rank(other))
    .map(([key, groups]) => ({ key, groups: [...groups].sort(([one], [other]) => one.localeCompare(other)) }));
}

function Sections({ found }) {
  const sections = useMemo(() => sectionsOf(found), [found]);
  const first = found.length > FEW ? FIRST : Infinity;
  return html`<div class="sections">${sections.map(({ key, groups }) => html`<${Section} key=${key} name=${key} groups=${groups} first=${first} />`)}</div>`;
}

function Section({ name, groups, first }) {
  const [most, setMost] = useState(MOST);
  const number = groups.reduce((sum, [, alerts]) => sum + alerts.length, 0);
  return html`<section class=${`section ${name}`} aria-labelledby=${`section-${name}`}>
    <h2 id=${`section-${name}`}><${Icon} name=${name === "suppressed" ? "mute" : name} /><span class="word">${name}</span> <span class="number">${number.toLocaleString("en")}</span></h2>
    <div class="groups">${groups.slice(0, most).map(([group, alerts]) => html`<${Group} key=${group} name=${group} alerts=${alerts} first=${first} quiet=${name === "suppressed"} />`)}</div>
    ${groups.length > most && html`<button type="button" class="more" onClick=${() => setMost(most + MOST)}>${plural(groups.length - most, "more service", "more services")}</button>`}
  </section>`;
}

function Group({ name, alerts, first, quiet }) {
  const [extra, setExtra] = useState(0);
  const shown = alerts.slice(0, first + extra);
  const left = alerts.length - shown.length;
  const differing = useMemo(() => differingLabels(alerts), [alerts]);
  // Of many groups only those in sight are laid out; of few all are, so that nothing moves while one scrolls.
  return html`<div class=${`group ${first < Infinity ? "far" : ""}`} style=${{ "--rows": shown.length }}>
    <h3><span class="group-name">${name || "no service"}</span>${alerts.length > 1 && html` <span class="number">${alerts.length.toLocaleString("en")}</span>`}</h3>
    <div class="group-rows"><ul>${shown.map((alert) => html`<${Row} key=${alert.fingerprint} alert=${alert} differing=${differing} quiet=${quiet} />`)}</ul>
    ${left > 0 && html`<button type="button" class="more" onClick=${() => setExtra(extra + STEP)}>Show ${Math.min(left, STEP)} more of ${name || "no service"}${left > STEP ? ` (${left.toLocaleString("en")} are left)` : ""}</button>`}</div>
  </div>`;
}

/** Returns the labels in which the alerts of a group differ: at most two, of the first hundred alerts. */
function differingLabels(alerts) {
  const some = alerts.slice(0, 100);
  const names = new Set(some.flatMap((one) => Object.keys(one.labels)));
  for (const known of ["alertname", "service", "severity"]) names.delete(known);
  const values = (name) => new Set(some.map((one) => one.labels[name])).size;
  return [...names].filter((name) => values(name) > 1).sort((one, other) => values(other) - values(one)).slice(0, 2);
}

function Row({ alert, differing, quiet }) {
  const labels = differing.filter((name) => alert.labels[name]).map((name) => `${name}=${alert.labels[name]}`);
  return html`<li><a class=${`row ${levelOf(alert.severity)} ${alert.state}`} href=${href(["alert", alert.fingerprint])}>
    <span class="row-mark"><${Icon} name=${levelOf(alert.severity)} /><span class="unseen">${alert.severity || "no severity"}: </span></span>
    <span class="row-text"><span class="row-name">${alert.name || "no name"}${quiet && alert.service ? html` <span class="row-service">${alert.service}</span>` : ""}${labels.map((text) => html` <span class="row-label">${text}</span>`)}</span>
      <span class="row-summary">${alert.summary}</span></span>
    <span class="row-state">${alert.acknowledged && html`<${Chip} tone="good" icon="person">${alert.acknowledged.by || "Acknowledged"}<//>`}</span>
    <span class="row-since"><span class="unseen">, since </span><${Time} at=${alert.since} ago /></span>
  </a></li>`;
}
