// Alerts that did not reach their channel yet, and messages that nobody will try again unless asked.
import { html, useState } from "./html.js";
import { change, may, notify, useAnswer } from "./store.js";
import { post } from "./api.js";
import { plural, receiversOf } from "./format.js";
import { Chip, Confirm, Fault, Nothing, Time, Title, Waiting, useTask } from "./parts.js";

const WHYS = { failing: ["bad", "fail", "The channel fails"], recipients: ["warn", "warning", "Some recipients failed"], waiting: ["plain", "wait", "Waits for its flush"] };

export function Unsent({ session }) {
  const { data, failure, again } = useAnswer("/api/v1/undelivered");
  return html`<${Title} page="Unsent">Not delivered yet<//>
    ${failure && html`<${Fault} failure=${failure} again=${again} what=${data ? "This is an older answer." : "What is unsent could not be read."} />`}
    ${data ? html`<${Groups} groups=${data.groups} more=${data.more} /><${DeadLetters} queues=${data.deadLetters} session=${session} again=${again} />` : !failure && html`<${Waiting} what="Reading what is unsent" />`}`;
}

function Groups({ groups: given, more }) {
  const order = Object.keys(WHYS);
  const groups = [...given].sort((one, other) => order.indexOf(one.why) - order.indexOf(other.why));
  return html`<section class="block" aria-labelledby="waiting"><h2 id="waiting">Waiting <span class="number">${groups.length}${more ? "+" : ""}</span></h2>
    ${groups.length ? html`<ul class="cards">${groups.map((one) => html`<${Group} key=${one.integration + JSON.stringify(one.group)} one=${one} />`)}</ul>` : html`<${Nothing}>Every alert has reached its channels.<//>`}
    ${more && html`<p class="quiet">Further groups wait; those that fail come first.</p>`}</section>`;
}

function Group({ one }) {
  const [tone, icon, words] = WHYS[one.why] ?? ["plain", "other", one.why];
  return html`<li class="card"><p class="card-head"><strong>${one.integration}</strong><${Chip} tone=${tone} icon=${icon}>${words}<//></p>
    <p>${one.alerts.slice(0, 5).join(", ")}${one.alerts.length > 5 && ` and ${one.alerts.length - 5} more`}</p>
    <p class="quiet">${Object.entries(one.group).map(([name, value]) => html`<code>${name}=${value}</code> `)}since <${Time} at=${one.since} />${one.tries > 0 && `, ${plural(one.tries, "try", "tries")}`}${one.nextTry && html`, next <${Time} at=${one.nextTry} />`}${one.fallbacks.length > 0 && `, notified instead: ${receiversOf(one.fallbacks)}`}</p></li>`;
}

function DeadLetters({ queues, session, again }) {
  const [asked, setAsked] = useState(null);
  const [handled, setHandled] = useState(null);
  const can = may(session, "admin");
  const redrive = useTask(async (queue) => {
    setAsked(null);
    const done = [];
    for (let more = true; more; ) {
      const answer = await post("/api/v1/redrive", { queue });
      done.push(...answer.handled);
      setHandled({ queue, done: [...done] });
      more = answer.more && answer.handled.length > 0;
    }
    notify(done.length ? `${plural(done.length, "dead letter")} handled.` : "Nothing could be taken.", null, "good");
    change({ unsent: null });
    again();
  });
  return html`<section class="block" aria-labelledby="dead"><h2 id="dead">Dead letters</h2>
    <p class="quiet">Messages that failed too often, or for too long. They stay until somebody sends them again, or their queue forgets them.</p>
    ${redrive.failure && html`<${Fault} failure=${redrive.failure} what="Redriving stopped." />`}
    ${queues.length ? html`<ul class="cards">${queues.map((one) => html`<li class="card spread" key=${one.queue}><p><strong>${one.queue}</strong><br /><span class=${one.messages ? "bad-text" : "quiet"}>${one.messages === null ? `could not be counted: ${one.fault}` : plural(one.messages, "message")}</span></p>
      <button type="button" disabled=${!can || redrive.busy || one.messages === 0} onClick=${() => setAsked(one)}>${redrive.busy ? "Redriving…" : "Redrive…"}</button></li>`)}</ul>` : html`<${Nothing}>No dead letters.<//>`}
    ${!can && queues.length > 0 && html`<p class="quiet">Redriving needs a token with the right “admin”.</p>`}
    ${handled && html`<${Handled} handled=${handled} />`}
    <${Confirm} open=${asked && `Redrive ${asked.messages === null ? "the messages" : plural(asked.messages, "message")}?`} yes="Redrive" onNo=${() => setAsked(null)} onYes=${() => redrive.start(asked.queue)}>
      <p>Each message of <code>${asked?.queue}</code> is judged anew: what still matters is sent to people now, what was overtaken is deleted. Twice is harmless.</p><//>
  </section>`;
}

const DONE = { sent: ["good", "ok"], deleted: ["plain", "ok"], left: ["warn", "wait"], failed: ["bad", "fail"] };

function Handled({ handled }) {
  if (!handled.done.length) return html`<p role="status">Nothing could be taken from <code>${handled.queue}</code>: it is empty, or another redrive holds its messages, for ten minutes at most.</p>`;
  return html`<table class="outcomes"><caption>What became of <code>${handled.queue}</code></caption>
    <thead><tr><th scope="col">About</th><th scope="col">Sent</th><th scope="col">Done</th><th scope="col">Why</th></tr></thead>
    <tbody>${handled.done.map((one, at) => html`<tr key=${at}><td>${one.about}</td><td><${Time} at=${one.sentAt} /></td><td><${Chip} tone=${DONE[one.done]?.[0] ?? "plain"} icon=${DONE[one.done]?.[1]}>${one.done}<//></td><td>${one.why}</td></tr>`)}</tbody></table>`;
}
