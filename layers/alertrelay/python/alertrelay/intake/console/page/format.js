// Words for times, amounts and labels.

/** Returns a length of time in its largest unit: 48 min, 3 h, 2 d. */
export function span(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return hours < 10 && minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const FULL = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

/** Returns the time of day, with the date where it is another day than `now`. */
export function clock(iso, now) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  const time = CLOCK.format(at);
  return at.toDateString() === new Date(now).toDateString() ? time : `${DAY.format(at)}, ${time}`;
}

/** Returns date, time and zone. */
export function full(iso) {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? "" : FULL.format(at);
}

export const plural = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** Returns the address if it is one of the web, else "": a label could hold javascript: as well. */
export function webAddress(text) {
  try {
    const address = new URL(text);
    return address.protocol === "https:" || address.protocol === "http:" ? address.href : "";
  } catch {
    return "";
  }
}

const OPERATORS = { "true,false": "=", "false,false": "!=", "true,true": "=~", "false,true": "!~" };
export const operatorOf = (one) => OPERATORS[`${one.isEqual !== false},${one.isRegex === true}`];
export const matcherText = (one) => `${one.name}${operatorOf(one)}${JSON.stringify(one.value)}`;

/** Returns the matcher of the API for a name, an operator and a value. */
export function matcherOf({ name, op, value }) {
  return { name: name.trim(), value, isRegex: op.endsWith("~"), isEqual: op.startsWith("=") };
}

const LEVELS = ["critical", "error", "warning", "info"];
export const levelOf = (severity) => (LEVELS.includes(severity) ? severity : "other");
export const rankOf = (severity) => (LEVELS.indexOf(severity) + LEVELS.length + 1) % (LEVELS.length + 1);

/** Returns the receivers of integrations (RECEIVER/KIND/NUMBER), each once. */
export const receiversOf = (integrations) => [...new Set(integrations.map((one) => one.split("/")[0]))].join(", ");

/** Returns the sentence of a reason why nobody is notified. */
export const WHY = {
  silence: "Silenced",
  inhibition: "Inhibited",
  mute_time_interval: "Muted by a time interval",
  active_time_interval: "Outside its active time interval",
};
