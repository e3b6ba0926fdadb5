// Signing in with a token, at first and when a session has ended in the middle of something.
import { html, useEffect, useRef, useState } from "./html.js";
import { signIn } from "./store.js";
import { useTask } from "./parts.js";
import { hasDraft } from "./draft.js";

const NAME = "alertrelay.name";

function remembered() {
  try {
    return localStorage.getItem(NAME) ?? "";
  } catch {
    return "";
  }
}

function remember(name) {
  try {
    localStorage.setItem(NAME, name);
  } catch {
    // The next sign-in asks again.
  }
}

function TokenForm({ given }) {
  const [name, setName] = useState(given || remembered);
  const [token, setToken] = useState("");
  const first = useRef(null);
  useEffect(() => first.current.focus(), []);
  const task = useTask(async () => {
    try {
      await signIn(token.trim(), name.trim());
      remember(name.trim());
    } catch (failure) {
      setToken("");
      first.current.focus();
      throw failure.status === 401 ? new Error("No such token. Copy it once more, whole.") : failure;
    }
  });
  const submit = (event) => {
    event.preventDefault();
    task.start();
  };
  return html`<form class="token" onSubmit=${submit}>
    <label>Your name<input name="name" autocomplete="username" maxlength="100" value=${name} onInput=${(event) => setName(event.target.value)} />
      <span class="hint">The author of your silences and acknowledgements</span></label>
    <label>Token<input ref=${first} autofocus name="token" type="password" autocomplete="current-password" required value=${token} aria-describedby="token-fault" onInput=${(event) => setToken(event.target.value)} /></label>
    <p id="token-fault" class="field-fault" role="alert">${task.failure?.message ?? ""}</p>
    <button class="primary" disabled=${task.busy}>${task.busy ? "Signing in…" : "Sign in"}</button>
  </form>`;
}

export function SignIn({ session }) {
  return html`<main class="sign-in"><div class="card">
    <img src="/console/icon.svg" alt="" width="44" height="44" />
    <h1>alertrelay <span class="environment">${session.environment}</span></h1>
    <${TokenForm} />
    <p class="quiet">A token of the intake: read, silence or admin. ${session.local ? "alertrelay serve prints one when it starts." : "Ask who runs this environment."}</p>
  </div></main>`;
}

/** Over the page as it was: what was typed stays. It cannot be closed but by signing in. */
export function SignInAgain({ open, session }) {
  const dialog = useRef(null);
  useEffect(() => {
    if (open && !dialog.current.open) dialog.current.showModal();
    if (!open && dialog.current.open) dialog.current.close();
  }, [open]);
  return html`<dialog ref=${dialog} class="confirm" aria-labelledby="lapsed" onCancel=${(event) => event.preventDefault()}>
    ${open && html`<h2 id="lapsed">Your session has ended</h2>
      <p>${hasDraft() ? "The silence is not made yet. Its draft is kept: sign in, and go on where you were." : "Sign in to go on where you were."} The page behind is as of the last answer.</p>
      <${TokenForm} given=${session.name} />`}
  </dialog>`;
}
