// The box an agent writes in: a reply or a private note, a file, quick replies and cards, a message changed afterwards.

import { byId, sendOnEnter, sendText, setText } from "./dom.js";
import { icon } from "./icons.js";
import { opensBox } from "./menu.js";

let context = null;
let mine = () => ({});
let whoAmI = () => "";
let edited = null;
let shownChat = "";
const drafts = new Map();
const LONGEST_NAME = 40;

// mine: answers the agent and the chat of a deed. me: answers the agent.
export function wireReply(given, { mine: giveMine, me }) {
  [context, mine, whoAmI] = [given, giveMine, me];
  const form = byId("reply");
  sendOnEnter(form, byId("reply-text"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sendText(byId("reply-text"), send);
  });
  byId("reply-text").addEventListener("keydown", (event) => event.key === "Escape" && stopEditing());
  byId("stop-editing").addEventListener("click", stopEditing);
  for (const choice of form.querySelectorAll("[data-mode]")) choice.addEventListener("click", () => setMode(choice.dataset.mode));
  const isMarkdown = byId("markdown");
  isMarkdown.append(icon("markdown"));
  isMarkdown.addEventListener("click", () => isMarkdown.setAttribute("aria-pressed", String(!isPressed(isMarkdown))));
  wireExtras();
}

function wireExtras() {
  byId("attach").append(icon("clip"));
  byId("attach").addEventListener("click", () => byId("attach-file").click());
  byId("attach-file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) await context.upload("agent/file", file, { ...mine(), private: String(isPrivate()) });
  });
  byId("samples-open").append(icon("cards"));
  const close = opensBox(byId("samples-open"), byId("samples-menu"));
  byId("samples-menu").addEventListener("click", (event) => {
    const name = event.target.closest("button")?.dataset.sample;
    if (!name) return;
    close(true);
    context.act("agent/sample", { ...mine(), name });
  });
}

const isPressed = (control) => control.getAttribute("aria-pressed") === "true";
const isPrivate = () => byId("reply").classList.contains("private");

async function send(text) {
  if (!edited) return context.act("agent/reply", { ...mine(), text, private: isPrivate(), markdown: isPressed(byId("markdown")) });
  const done = await context.act("agent/edit", { ...mine(), event_id: edited.event_id, text });
  if (done) stopEditing();
  return done;
}

function setMode(mode) {
  byId("reply").classList.toggle("private", mode === "agents");
  for (const choice of byId("reply").querySelectorAll("[data-mode]")) choice.setAttribute("aria-pressed", String(choice.dataset.mode === mode));
  showWords();
  byId("reply-text").focus();
}

export function beginEditing(entry) {
  edited = entry;
  byId("editing").hidden = false;
  const field = byId("reply-text");
  field.value = entry.words;
  field.focus();
  showWords();
}

function stopEditing() {
  if (!edited) return;
  edited = null;
  byId("editing").hidden = true;
  byId("reply-text").value = "";
  showWords();
}

// Lets the agent write, or not; each chat keeps what was begun in it.
export function showWriting({ isOpen, isMine }) {
  const now = context.state.chat.chat.id;
  const field = byId("reply-text");
  if (now !== shownChat) {
    drafts.set(shownChat, edited ? "" : field.value);
    stopEditing();
    field.value = drafts.get(now) ?? "";
    shownChat = now;
  }
  byId("reply").hidden = !isMine || !isOpen;
  showWords();
}

function showWords() {
  const agent = context.state.desk?.agents.find(({ id }) => id === whoAmI());
  const customer = context.state.chat?.chat?.customer ?? "the user";
  byId("reply-text").placeholder = isPrivate() ? "A note that only agents see" : `Answer ${customer.slice(0, LONGEST_NAME)}`;
  setText(byId("reply-as"), agent ? `as ${agent.name}` : "");
  byId("reply-send").textContent = edited ? "Save" : isPrivate() ? "Add note" : "Send";
}
