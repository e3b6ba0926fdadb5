// Preact with templates: h(`…`) without a build step. Text is always text: nothing here makes HTML of a string.
import { h, render, Fragment } from "./preact.js";
import htm from "./htm.js";

export { useEffect, useLayoutEffect, useMemo, useRef, useState } from "./hooks.js";
export { Fragment, render };
export const html = htm.bind(h);
