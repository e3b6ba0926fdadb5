// What the page knows: the session, what fires, and how old that is. Components read it by useStore.
import { useEffect, useState } from "./html.js";
import { get, post, whenSessionEnds } from "./api.js";

const EVERY = 30_000; // the server asks for no more
const UNSENT_EVERY = 10; // polls: what is unsent costs the server more to read
export const STALE_AFTER = 75_000; // two polls were missed

const state = {
  session: null, // null: not known yet
  lapsed: false, // it ended while the page was open
  overview: null,
  receivedAt: 0, // by this machine's clock
  skew: 0, // the server's clock minus this one's
  failure: null,
  polls: 0,
  unsent: null,
  notice: null,
  said: "",
};
const listeners = new Set();

/** Changes some of the state and renders what shows it. */
export function change(part) {
  Object.assign(state, part);
  for (const listener of [...listeners]) listener();
}

/** Returns what `pick` takes of the state; renders anew when that is another value. */
export function useStore(pick) {
  const [, render] = useState(0);
  const value = pick(state);
  useEffect(() => {
    let last = value;
    const listener = () => {
      const now = pick(state);
      if (now !== last) {
        last = now;
        render((n) => n + 1);
      }
    };
    listeners.add(listener);
    listener();
    return () => listeners.delete(listener);
  }, []);
  return value;
}

export const now = () => Date.now() + state.skew;
export const may = (session, right) => Boolean(session?.signedIn && session.rights.includes(right));

/** Shows a sentence at the foot of the page, with one thing to do; screen readers say it. */
export function notify(text, action = null, tone = "plain") {
  change({ notice: { text, action, tone }, said: text });
}

let timer = 0;
let ending = 0;
let asking = null;

/** Asks who is signed in, and begins to poll. */
export async function begin() {
  whenSessionEnds(lapse);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && state.session?.signedIn && Date.now() - state.receivedAt >= EVERY) refresh();
  });
  try {
    enter(await get("/console/session"));
  } catch (failure) {
    change({ failure });
    setTimeout(begin, 5000);
  }
}

function lapse() {
  if (!state.session?.signedIn) return;
  clearTimeout(timer);
  change({ session: { ...state.session, signedIn: false }, lapsed: true, said: "Your session has ended." });
}

function enter(session) {
  clearTimeout(ending);
  change({ session, lapsed: false, failure: null });
  if (!session.signedIn) return;
  const left = Date.parse(session.endsAt) - now();
  if (left > 0) ending = setTimeout(lapse, Math.min(left, 2 ** 31 - 1));
  refresh();
}

/** Signs in with a token. Throws ApiFailure. */
export async function signIn(token, name) {
  enter(await post("/console/sign-in", { token, name }));
}

/** Ends the session, here and at the server. */
export async function signOut() {
  const session = await post("/console/sign-out", {});
  clearTimeout(timer);
  clearTimeout(ending);
  change({ session, lapsed: false, overview: null, unsent: null, notice: null });
}

/** Reads what fires now, and again after EVERY. Of two calls at once there is one request. */
export function refresh() {
  clearTimeout(timer);
  asking ??= poll().finally(() => {
    asking = null;
    if (state.session?.signedIn) timer = setTimeout(() => document.hidden || refresh(), EVERY); // hidden: see begin
  });
  return asking;
}

async function poll() {
  try {
    const overview = await get("/api/v1/overview");
    const news = newsOf(state.overview, overview);
    const skew = Date.parse(overview.asOf) - Date.now();
    const said = state.failure ? `The data is fresh again. ${news}` : news;
    change({ overview, receivedAt: Date.now(), skew, failure: null, polls: state.polls + 1, ...(said && { said }) });
    if (state.polls % UNSENT_EVERY === 1) readUnsent();
  } catch (failure) {
    if (failure.status === 401) return;
    change({ failure, ...(!state.failure && { said: `The data is stale. ${failure.message}` }) });
  }
}

async function readUnsent() {
  try {
    change({ unsent: await get("/api/v1/undelivered") });
  } catch {
    // Its own page says why; the mark beside its name is only a convenience.
  }
}

function newsOf(before, after) {
  if (!before) return "";
  const known = new Set(before.alerts.map((one) => one.fingerprint));
  const fresh = after.alerts.filter((one) => !known.has(one.fingerprint));
  if (!fresh.length) return "";
  const critical = fresh.filter((one) => one.severity === "critical").length;
  return `${fresh.length} new ${fresh.length === 1 ? "alert" : "alerts"}${critical ? `, ${critical} critical` : ""}.`;
}

/** Asks for `path` now and after each poll; returns {data, failure, again}. Older data stays until newer is there. */
export function useAnswer(path, { every = true } = {}) {
  const [answer, set] = useState({ path: null, data: null, failure: null });
  const polls = useStore((one) => (every ? one.polls : 0));
  const signedIn = useStore((one) => one.session?.signedIn);
  const [times, setTimes] = useState(0);
  useEffect(() => {
    if (!path || !signedIn) return undefined;
    let wanted = true;
    get(path).then(
      (data) => wanted && set({ path, data, failure: null }),
      (failure) => wanted && set((last) => ({ path, data: last.path === path ? last.data : null, failure })),
    );
    return () => {
      wanted = false;
    };
  }, [path, polls, signedIn, times]);
  const own = answer.path === path ? answer : { data: null, failure: null };
  return { data: own.data, failure: own.failure, again: () => setTimes((n) => n + 1) };
}
