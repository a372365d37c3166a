// Doing things: every deed of the page is one request, and what goes wrong with it is said in the page.

import { button, byId, element } from "./dom.js";
import { icon } from "./icons.js";

const SHOWN_MS = 9000;
const MAX_FILE_MB = 10;
let hiding = 0;

// Sends a deed; answers what came back, or null after saying what went wrong (not with isQuiet).
export async function act(action, body, { isQuiet = false } = {}) {
  return send(`/api/${action}`, JSON.stringify(body), "application/json", isQuiet);
}

// Sends a file with a deed's arguments; one that is too large is refused here, before it is sent.
export async function upload(action, file, query) {
  if (file.size > MAX_FILE_MB * 1024 * 1024) return fail(`${file.name} is too large: a file may have ${MAX_FILE_MB} MB at most.`);
  if (!file.size) return fail(`${file.name} is empty.`);
  const path = `/api/${action}?${new URLSearchParams({ ...query, name: file.name })}`;
  return send(path, file, file.type || "application/octet-stream", false);
}

async function send(path, body, type, isQuiet) {
  try {
    const response = await fetch(path, { method: "POST", headers: { "Content-Type": type }, body });
    const answer = await response.json().catch(() => ({ error: `The sandbox answered ${response.status}.` }));
    if (response.ok) return answer;
    return isQuiet ? null : fail(answer.error);
  } catch {
    return isQuiet ? null : fail("The sandbox does not answer. Was it stopped?");
  }
}

function fail(message) {
  report(message);
  return null;
}

// Says what went wrong, for some seconds.
export function report(message) {
  const place = byId("problem");
  const close = button("icon-button", icon("close"));
  close.setAttribute("aria-label", "Close this message");
  close.addEventListener("click", () => (place.hidden = true));
  place.replaceChildren(element("span", "", message), close);
  place.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (place.hidden = true), SHOWN_MS);
}
