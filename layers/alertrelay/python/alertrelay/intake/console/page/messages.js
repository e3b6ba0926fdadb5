// What each channel's people see of an alert. Read only when somebody opens it.
import { html, useState } from "./html.js";
import { useAnswer } from "./store.js";
import { Fault, Waiting } from "./parts.js";

export function Messages({ address }) {
  const [open, setOpen] = useState(false);
  return html`<details class="block fold" onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary><h2>Messages as sent</h2></summary>${open && html`<${Shown} address=${`${address}/messages`} />`}</details>`;
}

function Shown({ address }) {
  const { data, failure, again } = useAnswer(address, { every: false });
  const [chosen, choose] = useState(0);
  if (failure && !data) return html`<${Fault} failure=${failure} again=${again} what="The messages could not be rendered." />`;
  if (!data) return html`<${Waiting} what="Rendering" />`;
  if (!data.messages.length) return html`<p class="quiet">No integration has this alert.</p>`;
  const one = data.messages[Math.min(chosen, data.messages.length - 1)];
  return html`<fieldset class="segments wrap"><legend class="unseen">Integration</legend>${data.messages.map((message, at) => html`<label key=${message.integration}><input type="radio" name="integration" checked=${message === one} onChange=${() => choose(at)} /><span>${message.receiver} <span class="quiet">${message.channel}</span></span></label>`)}</fieldset>
    ${one.fault ? html`<p class="note bad">${one.fault}</p>` : html`<div class="message">${one.title && html`<p class="message-title">${one.title}</p>`}${one.text && one.text !== one.title && html`<pre class="message-text" tabindex="0" aria-label="Text of the message">${one.text}</pre>`}</div>
      <details class="fold"><summary>The request, without its secrets</summary><pre tabindex="0" aria-label="The request">${JSON.stringify(one.body, null, 2)}</pre></details>`}`;
}
