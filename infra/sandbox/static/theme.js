// Light, dark, or as the system has it; kept in this browser.

import { byId, remember, remembered } from "./dom.js";
import { icon } from "./icons.js";

const NEXT = { auto: "light", light: "dark", dark: "auto" };
const SAID = { auto: "as the system", light: "light", dark: "dark" };

export function wireTheme() {
  show(NEXT[remembered("theme")] ? remembered("theme") : "auto");
  byId("theme").addEventListener("click", () => show(NEXT[document.documentElement.dataset.theme]));
}

function show(theme) {
  document.documentElement.dataset.theme = theme;
  remember("theme", theme);
  const control = byId("theme");
  control.replaceChildren(icon(theme));
  control.title = `Colours: ${SAID[theme]}`;
  control.setAttribute("aria-label", `Colours: ${SAID[theme]}. Change`);
}
