// Of `alertrelay serve` alone: faults of the stand-ins, and events to replay.
import { html, useState } from "./html.js";
import { notify, refresh, useAnswer } from "./store.js";
import { post } from "./api.js";
import { Fault, Title, Waiting, useTask } from "./parts.js";

export function Lab() {
  const faults = useAnswer("/local/faults", { every: false });
  const events = useAnswer("/local/events", { every: false });
  return html`<${Title} page="Lab">Lab<//>
    <p class="quiet">Only here, on this machine: nothing of it exists in a deployed environment.</p>
    <section class="block" aria-labelledby="faults"><h2 id="faults">Faults</h2>
      ${faults.failure ? html`<${Fault} ...${faults} what="The faults could not be read." />` : !faults.data ? html`<${Waiting} what="Reading the faults" />` : html`<${Switches} key="switches" given=${faults.data.faults} />`}</section>
    <section class="block" aria-labelledby="events"><h2 id="events">Events to replay</h2>
      ${events.failure ? html`<${Fault} ...${events} what="The events could not be read." />` : !events.data ? html`<${Waiting} what="Reading the events" />` : html`<${Events} events=${events.data.events} />`}</section>`;
}

function Events({ events }) {
  const [text, setText] = useState("");
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = events.filter((one) => words.every((word) => `${one.name} ${one.title}`.toLowerCase().includes(word)));
  return html`<label class="search"><span class="unseen">Search events</span><input type="search" placeholder=${`Search the ${events.length} recorded events`} value=${text} onInput=${(event) => setText(event.target.value)} /></label>
    <p class="unseen" role="status">${text ? `${found.length} of ${events.length} events` : ""}</p>
    <ul class="cards two">${found.map((one) => html`<${Event} key=${one.name} one=${one} />`)}</ul>`;
}

function Switches({ given }) {
  const [faults, set] = useState(given);
  const task = useTask(async (channel, fault) => {
    const before = faults;
    set(faults.map((one) => (one.channel === channel ? { ...one, fault } : one)));
    try {
      set((await post("/local/faults", { channel, fault })).faults);
    } catch (failure) {
      set(before);
      throw failure;
    }
    notify(fault ? `${channel} now fails: ${fault}.` : `${channel} answers again.`);
  });
  return html`${task.failure && html`<${Fault} failure=${task.failure} what="The switch did not move." />`}
    <ul class="switches">${faults.map((one) => html`<li key=${one.channel}><fieldset disabled=${task.busy}><legend>${one.channel}</legend><div class="segments">${one.choices.map((choice) => html`<label key=${choice}><input type="radio" name=${`fault-${one.channel}`} checked=${one.fault === choice} onChange=${() => task.start(one.channel, choice)} /><span>${choice || "works"}</span></label>`)}</div></fieldset></li>`)}</ul>`;
}

function Event({ one }) {
  const task = useTask(async () => {
    await post("/local/events", { name: one.name });
    notify(`${one.title || one.name} is published.`, null, "good");
    setTimeout(refresh, 700);
  });
  return html`<li class="card spread"><p><strong>${one.title || one.name}</strong>${one.title && html`<br /><span class="quiet">${one.name}</span>`}${task.failure && html`<br /><span class="bad-text">${task.failure.message}</span>`}</p>
    <button type="button" disabled=${task.busy} aria-label=${`Publish ${one.title || one.name}`} onClick=${task.start}>Publish</button></li>`;
}
