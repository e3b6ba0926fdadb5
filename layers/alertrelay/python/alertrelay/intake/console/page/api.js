// Asks the server. Every fetch carries the header without which a cookie counts for nothing but reading.

class ApiFailure extends Error {
  /** `status` is 0 where the server was not reached. */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const PLAIN = {
  0: "The server cannot be reached.",
  401: "The session has ended.",
  403: "This token may not do that.",
  404: "It is not there any more.",
  503: "The server cannot answer now.",
};

let onSessionEnd = () => {};

/** Names what is called with the first 401 of a session. */
export function whenSessionEnds(callback) {
  onSessionEnd = callback;
}

/** Returns the answer's JSON, null for an empty one. Throws ApiFailure. */
async function ask(method, path, body) {
  const headers = { "X-Alertrelay-Console": "1", Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  let text;
  try {
    answer = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    text = await answer.text();
  } catch {
    throw new ApiFailure(0, PLAIN[0]);
  }
  const read = parsed(text);
  if (answer.ok) return read;
  if (answer.status === 401 && path !== "/console/sign-in") onSessionEnd();
  throw new ApiFailure(answer.status, explained(answer.status, read));
}

export const get = (path) => ask("GET", path);
export const post = (path, body) => ask("POST", path, body);
export const remove = (path) => ask("DELETE", path);

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

function explained(status, body) {
  const said = typeof body === "string" ? body : body && typeof body.message === "string" ? body.message : "";
  if (PLAIN[status] && (!said || status === 401 || status === 403)) return PLAIN[status];
  return said || `The server answered ${status}.`;
}
