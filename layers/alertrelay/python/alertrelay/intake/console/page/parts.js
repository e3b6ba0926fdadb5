// Small parts that several views show.
import { html, useEffect, useRef, useState } from "./html.js";
import { change, now, useStore } from "./store.js";
import { enter } from "./places.js";
import { clock, full, levelOf, matcherText, span, webAddress } from "./format.js";

const SHAPES = {
  critical: html`<path class="fill" d="M6.6 1.5h6.8l4.8 4.8v6.8l-4.8 4.8H6.6l-4.8-4.8V6.3z" /><path class="cut" d="M10 5.6v5.2M10 13.8v.4" />`,
  error: html`<path class="fill" d="M10 1.4 18.6 10 10 18.6 1.4 10z" /><path class="cut" d="M10 6v4.8M10 13.6v.4" />`,
  warning: html`<path class="fill" d="M10 2 19 17.6H1z" /><path class="cut" d="M10 7.6v4.6M10 14.8v.4" />`,
  info: html`<circle class="fill" cx="10" cy="10" r="8.2" /><path class="cut" d="M10 9.4v5M10 6v.4" />`,
  other: html`<circle class="line" cx="10" cy="10" r="7.2" />`,
  ok: html`<circle class="line" cx="10" cy="10" r="7.8" /><path class="line" d="m6.6 10.2 2.4 2.4 4.6-5" />`,
  wait: html`<circle class="line" cx="10" cy="10" r="7.8" /><path class="line" d="M10 5.6V10l2.8 2" />`,
  fail: html`<circle class="line" cx="10" cy="10" r="7.8" /><path class="line" d="m7.2 7.2 5.6 5.6m0-5.6-5.6 5.6" />`,
  mute: html`<circle class="line" cx="10" cy="10" r="7.8" /><path class="line" d="M4.6 15.4 15.4 4.6" />`,
  person: html`<circle class="line" cx="10" cy="7" r="3.4" /><path class="line" d="M3.4 17.2a6.8 6.8 0 0 1 13.2 0" />`,
  note: html`<path class="line" d="M3 4h14v9.5H9L5.5 17v-3.5H3z" />`,
};

/** A drawn mark; its meaning stands beside it in words. */
export const Icon = ({ name }) =>
  html`<svg class=${`icon icon-${name}`} viewBox="0 0 20 20" aria-hidden="true" focusable="false">${SHAPES[name] ?? SHAPES.other}</svg>`;

/** A severity by shape, colour and word. */
export function Severity({ severity, quiet = false }) {
  const level = levelOf(severity);
  return html`<span class=${`severity ${level}`}><${Icon} name=${level} /><span class=${quiet ? "unseen" : ""}>${severity || "no severity"}</span></span>`;
}

export const Chip = ({ tone = "plain", icon, children, title }) =>
  html`<span class=${`chip ${tone}`} title=${title}>${icon && html`<${Icon} name=${icon} />`}<span class="chip-text">${children}</span></span>`;

/** A moment: how long ago in words, date and zone on demand. */
export function Time({ at, ago = false }) {
  if (!at) return null;
  const left = now() - Date.parse(at);
  const words = ago ? `${span(Math.abs(left))}${left < 0 ? "" : " ago"}` : clock(at, now());
  return html`<time datetime=${at} title=${full(at)}>${words}</time>`;
}

/** A link to the web, in a new tab; the text alone where the address is none. */
export function Away({ to, children }) {
  const address = webAddress(to);
  return address ? html`<a href=${address} target="_blank" rel="noopener noreferrer">${children}<span class="unseen"> (opens a new tab)</span></a>` : html`<span>${to}</span>`;
}

export const Matchers = ({ matchers }) =>
  html`<span class="matchers">${matchers.map((one) => html`<code>${matcherText(one)}</code>`)}</span>`;

/** A failure said plainly, with what one can do. */
export const Fault = ({ failure, again, what }) =>
  html`<div class="note bad" role="alert"><${Icon} name="fail" /><p>${what} ${failure.message}</p>
    ${again && html`<button type="button" class="small" onClick=${again}>Try again</button>`}</div>`;

export const Waiting = ({ what }) => html`<p class="waiting">${what}…</p>`;

export const Nothing = ({ icon = "ok", children }) =>
  html`<div class="nothing"><${Icon} name=${icon} /><p>${children}</p></div>`;

/** The heading of a view; it has the focus when the view is entered, so that a screen reader reads it. */
export function Title({ children, page }) {
  const heading = useRef(null);
  useEffect(() => {
    document.title = `${page} · alertrelay`;
  }, [page]);
  useEffect(() => enter(heading.current), [location.hash.split("?")[0]]);
  return html`<h1 tabindex="-1" ref=${heading}>${children}</h1>`;
}

/** Asks before something that cannot be undone. `open` is the question, null for none. */
export function Confirm({ open, yes, onYes, onNo, children }) {
  const dialog = useRef(null);
  useEffect(() => {
    if (open && !dialog.current.open) dialog.current.showModal();
    if (!open && dialog.current.open) dialog.current.close();
  }, [open]);
  return html`<dialog ref=${dialog} class="confirm" aria-labelledby="question" onClose=${onNo}>
    ${open && html`<h2 id="question">${open}</h2>${children}
      <div class="actions"><button type="button" onClick=${onNo}>Cancel</button>
      <button type="button" class="primary" onClick=${onYes}>${yes}</button></div>`}
  </dialog>`;
}

/** Runs one request at a time; `failure` is what the last one met. */
export function useTask(run) {
  const [task, set] = useState({ busy: false, failure: null });
  const start = async (...given) => {
    if (task.busy) return;
    set({ busy: true, failure: null });
    try {
      await run(...given);
      set({ busy: false, failure: null });
    } catch (failure) {
      set({ busy: false, failure });
    }
  };
  return { ...task, start };
}

/** The last notice, with its undo; it stays until it is closed or another one comes. */
export function Notice() {
  const notice = useStore((one) => one.notice);
  const close = () => change({ notice: null });
  const task = useTask(async () => {
    await notice.action.run();
  });
  return html`<div class=${`notice-place ${notice ? "shown" : ""}`}>
    ${notice && html`<section class=${`notice ${notice.tone}`} aria-label="Last action">
      <p>${task.failure ? task.failure.message : notice.text}</p>
      ${notice.action && html`<button type="button" class="small" disabled=${task.busy} onClick=${task.start}>${notice.action.label}</button>`}
      <button type="button" class="bare" aria-label="Close" onClick=${close}>✕</button></section>`}
  </div>`;
}
