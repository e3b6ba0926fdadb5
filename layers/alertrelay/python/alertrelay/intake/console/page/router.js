// Addresses behind the #: a mail links to one, a reload keeps it.
import { useEffect, useState } from "./html.js";

/** Returns {path, parts, query} of an address like #/alert/0123?x=1. */
function parse(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(decoded);
  return { parts: parts.length ? parts : ["alerts"], query: new URLSearchParams(query) };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Returns the address of parts, with the query's parameters that are not empty. */
export function href(parts, query = {}) {
  const kept = Object.entries(query).filter(([, value]) => value);
  const search = kept.length ? `?${new URLSearchParams(kept)}` : "";
  return `#/${parts.map(encodeURIComponent).join("/")}${search}`;
}

const changed = new Set();

/** Goes to an address; with `replace` without an entry in the history. */
export function go(address, { replace = false } = {}) {
  if (address === location.hash) return;
  if (!replace) {
    location.hash = address;
    return;
  }
  history.replaceState(null, "", address);
  for (const listener of [...changed]) listener();
}

/** Returns the address as it is now, and how often one went to another (not counting `replace`); renders anew then. */
export function useRoute() {
  const [route, set] = useState({ hash: location.hash, visit: 0 });
  useEffect(() => {
    const moved = () => set((last) => ({ hash: location.hash, visit: last.visit + 1 }));
    const replaced = () => set((last) => ({ ...last, hash: location.hash }));
    addEventListener("hashchange", moved);
    changed.add(replaced);
    return () => {
      removeEventListener("hashchange", moved);
      changed.delete(replaced);
    };
  }, []);
  return { ...parse(route.hash), visit: route.visit };
}
