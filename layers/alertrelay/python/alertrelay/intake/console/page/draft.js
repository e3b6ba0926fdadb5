// The draft of a silence, kept in this tab until the silence is made: over a session's end and a reload.
const KEY = "alertrelay.draft";

/** Returns the kept draft, null for none. */
export function keptDraft() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

export const hasDraft = () => keptDraft() !== null;

/** Keeps a draft; null forgets it. */
export function keepDraft(draft) {
  try {
    if (draft) sessionStorage.setItem(KEY, JSON.stringify(draft));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without storage it lives as long as the page.
  }
}
