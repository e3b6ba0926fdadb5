// The route tree, and the way of a label set through it.
import { html, useEffect, useState } from "./html.js";
import { post } from "./api.js";
import { go, href } from "./router.js";
import { plural, span } from "./format.js";
import { Chip, Fault, Title, Waiting } from "./parts.js";

/** Returns the labels of a text like service=orders severity="critical page"; null where a word is none. */
function labelsOf(text) {
  const labels = {};
  const rest = text.replace(/([A-Za-z_][\w.:-]*)=("((?:[^"\\]|\\.)*)"|[^\s,]*)[\s,]*/g, (_, name, plain, quoted) => {
    labels[name] = quoted === undefined ? plain : quoted.replace(/\\(.)/g, "$1");
    return "";
  });
  return rest.trim() ? null : labels;
}

const textOf = (labels) => Object.entries(labels).map(([name, value]) => `${name}=${/[\s,"]|^$/.test(value) ? JSON.stringify(value) : value}`).join(" ");

function useWay(labels) {
  const asked = JSON.stringify(labels);
  const [way, set] = useState({ asked: null, data: null, failure: null });
  useEffect(() => {
    if (!labels) return undefined;
    let wanted = true;
    post("/api/v1/route", { labels }).then(
      (data) => wanted && set({ asked, data, failure: null }),
      (failure) => wanted && set({ asked, data: null, failure }),
    );
    return () => {
      wanted = false;
    };
  }, [asked]);
  return way;
}

export function Routes({ query }) {
  const given = query.get("labels") ?? "";
  const [text, setText] = useState(given);
  useEffect(() => setText(given), [given]);
  const labels = labelsOf(given);
  const { data, failure } = useWay(labels);
  const submit = (event) => {
    event.preventDefault();
    go(href(["routes"], { labels: text.trim() }));
  };
  return html`<${Title} page="Routes">Who would be notified<//>
    <form class="route-form" onSubmit=${submit}>
      <label>Labels of an alert<input class="mono" value=${text} placeholder="severity=critical service=orders" autocomplete="off" spellcheck=${false} autocapitalize="none" onInput=${(event) => setText(event.target.value)} aria-describedby="labels-fault" /></label>
      <button class="primary">Follow</button>
      <p id="labels-fault" class="field-fault" role="alert">${labels ? "" : "Expected name=value words with spaces between them, a value with spaces in quotes."}</p>
    </form>
    ${failure ? html`<${Fault} failure=${failure} what="The route could not be followed." />` : !data ? html`<${Waiting} what="Reading the routes" />` : html`<p class="lead" role="status">${Object.keys(labels ?? {}).length ? data.receivers.length ? html`Notifies ${data.receivers.map((one, at) => html`${at > 0 && ", "}<strong>${one}</strong>`)}. <span class="quiet">Silences, inhibition and time intervals apply later.</span>` : "Notifies nobody." : "The whole tree. Give labels to see their way."}</p>
      <div class="tree"><ul><${Node} node=${data.tree} whole=${!Object.keys(labels ?? {}).length} /></ul></div>`}`;
}

/** The way of one alert, without the branches that it does not take. */
export function RouteOf({ labels }) {
  const [open, setOpen] = useState(false);
  return html`<details class="block fold" onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary><h2>Route</h2></summary>${open && html`<${Way} labels=${labels} />`}</details>`;
}

function Way({ labels }) {
  const { data, failure } = useWay(labels);
  if (failure) return html`<${Fault} failure=${failure} what="The route could not be followed." />`;
  if (!data) return html`<${Waiting} what="Following the route" />`;
  return html`<div class="tree"><ul><${Node} node=${data.tree} only=${true} /></ul></div><p><a href=${href(["routes"], { labels: textOf(labels) })}>In the whole tree</a></p>`;
}

function Node({ node, only = false, whole = false }) {
  const entered = node.taken || whole;
  const below = only ? node.routes.filter((one) => one.taken) : entered ? node.routes : [];
  return html`<li class=${node.ends ? "ends" : entered ? "taken" : "untaken"}>
    <div class="node"><p class="node-head">${node.matchers.length ? node.matchers.map((one) => html`<code>${one}</code>`) : html`<span class="quiet">every alert</span>`}
      ${node.continue && entered && html`<span class="quiet">continues</span>`}
      ${!entered && html`<span class="quiet">not taken${countOf(node) > 0 ? `, ${plural(countOf(node), "route")} below` : ""}</span>`}
      ${node.ends && html`<${Chip} tone="good" icon="ok">notifies ${node.receiver}<//>`}${!node.ends && whole && html`<span class="receiver">${node.receiver}</span>`}</p>
      ${(node.ends || whole) && html`<p class="node-facts">${facts(node)}</p>`}</div>
    ${below.length > 0 && html`<ul>${below.map((one, at) => html`<${Node} key=${at} node=${one} only=${only} whole=${whole} />`)}</ul>`}
  </li>`;
}

const countOf = (node) => node.routes.reduce((sum, one) => sum + 1 + countOf(one), 0);

function facts(node) {
  const by = node.groupBy === null ? "all labels" : node.groupBy.length ? node.groupBy.join(", ") : "nothing";
  const found = [`by ${by}`, `waits ${span(node.groupWait * 1000)}`, `then every ${span(node.groupInterval * 1000)}`, `repeats after ${span(node.repeatInterval * 1000)}`];
  if (node.mutedIn.length) found.push(`muted in ${node.mutedIn.join(", ")}`);
  if (node.activeIn.length) found.push(`active only in ${node.activeIn.join(", ")}`);
  return `${found.join(" · ")}${node.integrations.length ? ` · ${node.integrations.join(", ")}` : ""}`;
}
