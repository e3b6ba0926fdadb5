// The console's page: signs in, and lists what fires.
const part = (id) => document.getElementById(id);

async function ask(method, path, body) {
  const headers = { "X-Alertrelay-Console": "1" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return fetch(path, { method, headers, body: body && JSON.stringify(body) });
}

async function show() {
  const session = await (await ask("GET", "/console/session")).json();
  part("sign-in").hidden = session.signedIn;
  part("firing").hidden = !session.signedIn;
  if (!session.signedIn) return;
  const answer = await ask("GET", "/api/v1/overview");
  if (!answer.ok) return;
  const found = await answer.json();
  part("counts").textContent =
    `${found.counts.active} active, ${found.counts.suppressed} suppressed, as of ${found.asOf}`;
  part("alerts").replaceChildren(
    ...found.alerts.map((alert) => {
      const line = document.createElement("li");
      line.textContent = `${alert.severity} ${alert.name} ${alert.service} ${alert.summary} ${alert.why}`;
      return line;
    }),
  );
}

part("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = Object.fromEntries(new FormData(event.target));
  const answer = await ask("POST", "/console/sign-in", given);
  part("refused").textContent = answer.ok ? "" : "This token is not known.";
  event.target.elements.token.value = "";
  await show();
});

part("sign-out").addEventListener("click", async () => {
  await ask("POST", "/console/sign-out", {});
  await show();
});

await show();
