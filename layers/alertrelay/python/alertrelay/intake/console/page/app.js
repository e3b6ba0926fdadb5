// The frame: who is signed in, where one is, how fresh it is, and the view of the address.
import { html, render, useEffect, useRef, useState } from "./html.js";
import { STALE_AFTER, begin, change, refresh, signOut, useStore } from "./store.js";
import { useRoute } from "./router.js";
import { span } from "./format.js";
import { Icon, Notice, Waiting } from "./parts.js";
import { SignIn, SignInAgain } from "./sign_in.js";
import { Alerts } from "./alerts.js";
import { Alert } from "./alert.js";
import { Silences } from "./silences.js";
import { SilenceForm } from "./silence_form.js";
import { Routes } from "./routes.js";
import { Unsent } from "./unsent.js";
import { Budgets } from "./budgets.js";
import { Lab } from "./lab.js";

const VIEWS = {
  alerts: Alerts, alert: Alert, silences: Silences, silence: SilenceForm, routes: Routes, unsent: Unsent, budgets: Budgets, lab: Lab,
};
const PLACES = [
  ["alerts", "Alerts"], ["silences", "Silences"], ["unsent", "Unsent"], ["budgets", "Budgets"], ["routes", "Routes"],
];
const UNDER = { alert: "alerts", silence: "silences" };

function App() {
  const session = useStore((one) => one.session);
  const lapsed = useStore((one) => one.lapsed);
  if (!session) return html`<${Waiting} what="Asking who you are" />`;
  if (!session.signedIn && !lapsed) return html`<${SignIn} session=${session} />`;
  return html`<${Frame} session=${session} /><${SignInAgain} open=${lapsed} session=${session} />`;
}

function Frame({ session }) {
  const route = useRoute();
  const [name, ...parts] = route.parts;
  const View = VIEWS[name] ?? Alerts;
  return html`
    <a class="skip" href="#content" onClick=${skip}>Skip to the content</a>
    <header class="top">
      <a class="brand" href="#/alerts"><img src="/console/icon.svg" alt="" width="26" height="26" /><span>alertrelay</span></a>
      <span class="environment" title="The environment">${session.environment}</span>
      <${Fresh} />
      <${Account} session=${session} />
    </header>
    <${Places} current=${UNDER[name] ?? (VIEWS[name] ? name : "alerts")} local=${session.local} />
    <main id="content" tabindex="-1"><${View} key=${name} parts=${parts} query=${route.query} visit=${route.visit} session=${session} /></main>
    <${Notice} />
    <${Live} />`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("content").focus();
}

function Places({ current, local }) {
  const places = local ? [...PLACES, ["lab", "Lab"]] : PLACES;
  const unsent = useStore((one) => one.unsent);
  const waiting = unsent ? [...unsent.groups.filter((one) => one.why !== "waiting"), ...unsent.deadLetters.filter((one) => one.messages !== 0)].length : 0;
  return html`<nav class="places" aria-label="Console"><ul>
    ${places.map(([name, text]) => html`<li key=${name}><a href=${`#/${name}`} aria-current=${name === current ? "page" : undefined}>
      <${PlaceIcon} name=${name} /><span>${text}</span>${name === "unsent" && waiting > 0 && html`<span class="count bad">${waiting}<span class="unseen"> waiting</span></span>`}</a></li>`)}
  </ul></nav>`;
}

const DRAWN = {
  alerts: "M10 2.6a5 5 0 0 0-5 5c0 4.6-1.8 6-1.8 6h13.6s-1.8-1.4-1.8-6a5 5 0 0 0-5-5zM8.2 16.4a2 2 0 0 0 3.6 0",
  silences: "M3 7.6h3L10 4v12l-4-3.6H3zM13 8l4 4m0-4-4 4",
  unsent: "M2.6 5h14.8v10H2.6zM2.6 5.6 10 11l7.4-5.4",
  budgets: "M3 16.4a7.6 7.6 0 1 1 14 0M10 12.4l3.4-4",
  routes: "M4 3v6.4a3 3 0 0 0 3 3h9M4 6.4h12M13.6 4 16 6.4l-2.4 2.4M13.6 10l2.4 2.4-2.4 2.4",
  lab: "M8 2.6v5L3.4 16a1 1 0 0 0 .9 1.4h11.4a1 1 0 0 0 .9-1.4L12 7.6v-5M6.6 2.6h6.8M5.8 12h8.4",
};
const PlaceIcon = ({ name }) =>
  html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false"><path class="line" d=${DRAWN[name]} /></svg>`;

/** How old the page's data is. It counts on by itself; a screen reader hears only when it becomes stale or fresh. */
function Fresh() {
  const failure = useStore((one) => one.failure);
  const at = useStore((one) => one.receivedAt);
  const lapsed = useStore((one) => one.lapsed);
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const age = Date.now() - at;
  const stale = at > 0 && (failure || lapsed || age > STALE_AFTER);
  const why = lapsed ? "The session has ended." : failure ? failure.message : "";
  return html`<div class=${`fresh ${stale || failure ? "stale" : ""}`}>
    <span class="fresh-words"><span class="fresh-text">${at ? html`<span class="nowrap">as of ${span(age)} ago</span>${stale ? html`<span class="stale-word">; stale</span>` : ""}` : failure ? "no data" : "reading…"}</span>
    ${why && html`<span class="fresh-why" title=${why}>${why}</span>`}</span>
    <button type="button" class="bare" onClick=${refresh} disabled=${lapsed} title="Read again"><svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false"><path class="line" d="M16.4 8.6A6.8 6.8 0 0 0 4 6.6m0-3.4v3.6h3.6M3.6 11.4A6.8 6.8 0 0 0 16 13.4m0 3.4v-3.6h-3.6" /></svg><span class="unseen">Read again</span></button>
  </div>`;
}

const THEMES = [["", "System"], ["light", "Light"], ["dark", "Dark"]];

function Account({ session }) {
  const [theme, setTheme] = useState(() => document.documentElement.dataset.theme ?? "");
  const menu = useRef(null);
  const choose = (value) => {
    if (value) document.documentElement.dataset.theme = value;
    else delete document.documentElement.dataset.theme;
    try {
      localStorage.setItem("alertrelay.theme", value);
    } catch {
      // Chosen for this page alone.
    }
    setTheme(value);
  };
  const onKey = (event) => {
    if (event.key !== "Escape") return;
    menu.current.open = false;
    menu.current.querySelector("summary").focus();
  };
  return html`<details class="account" ref=${menu} onKeyDown=${onKey}>
    <summary><${Icon} name="person" /><span class="unseen">Account of </span><span class="account-name">${session.name || "you"}</span></summary>
    <div class="menu">
      <p><strong>${session.name || "No name given"}</strong><br /><span class="quiet">may ${(session.rights ?? []).join(", ") || "nothing now"}</span></p>
      <fieldset><legend>Theme</legend><div class="segments">${THEMES.map(([value, text]) => html`<label key=${value}><input type="radio" name="theme" value=${value} checked=${theme === value} onChange=${() => choose(value)} /><span>${text}</span></label>`)}</div></fieldset>
      <button type="button" onClick=${() => signOut().catch((failure) => change({ failure }))}>Sign out</button>
      <p class="quiet">alertrelay ${session.version}</p>
    </div>
  </details>`;
}

/** What a screen reader says when something changed. */
function Live() {
  const said = useStore((one) => one.said);
  return html`<div class="unseen" role="status" aria-live="polite">${said}</div>`;
}

const place = document.getElementById("app");
place.replaceChildren();
render(html`<${App} />`, place);
begin();
