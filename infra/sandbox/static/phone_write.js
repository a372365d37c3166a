// What the user does: writes, taps, sends a picture, signs in; and the three things to begin with.

import { button, byId, element, remembered, sendOnEnter, sendText } from "./dom.js";
import { icon } from "./icons.js";
import { link } from "./text.js";

const SNACK_MS = 8000;
const TYPING_STOPS_MS = 3000;
let context = null;
let hiding = 0;
let typing = 0;
let hasWritten = false;

export function wireWriting(given) {
  context = given;
  const field = byId("say-text");
  byId("picture").append(icon("image"));
  byId("say-send").append(icon("send"));
  sendOnEnter(byId("say"), field);
  byId("say").addEventListener("submit", (event) => {
    event.preventDefault();
    stopTyping();
    sendText(field, say);
  });
  field.addEventListener("input", tellTyping);
  for (const begin of byId("hint").querySelectorAll("button")) begin.addEventListener("click", () => say(begin.textContent));
  byId("picture").addEventListener("click", chooseFile);
  byId("picture-file").addEventListener("change", sendPicture);
}

const conversation = () => context.state.phone?.conversation || "";

// Whether the person at this page has said anything yet.
export const hasBegun = () => hasWritten;

export function showHint() {
  byId("hint").hidden = hasWritten;
}

// Opens a phone where there is none yet.
async function say(text) {
  let to = conversation();
  if (!to) {
    to = (await context.act("phone/open", {}))?.conversation;
    if (!to) return null;
    context.choose({ conversation: to, chat: "" });
  }
  const sent = await context.act("phone/say", { conversation: to, text });
  if (sent) begun();
  return sent;
}

function begun() {
  hasWritten = true;
  showHint();
}

// --- chips ---

const TAPS = { sign_in: askToSignIn, person: (chip) => tap({ ...chip, label: "liveAgentRequest" }) };

// Taps a chip, under a message or on a card.
export function tapChip(given, chip) {
  begun();
  return (TAPS[chip.kind] || tap)(chip);
}

async function tap(chip) {
  const done = await context.act("phone/tap", { conversation: conversation(), label: chip.label, postback: chip.postback || "" });
  if (!done) return;
  if (chip.kind === "link") snack(element("span", "", "The phone opens a page"), link(chip.leads_to, "Open"));
  if (chip.kind === "dial") snack(element("span", "", `The phone calls ${chip.leads_to}`));
}

function askToSignIn() {
  const choices = [["It works", true], ["It fails", false]].map(([text, succeeds]) => {
    const made = button("", text);
    made.addEventListener("click", () => {
      byId("snack").hidden = true;
      context.act("phone/sign_in", { conversation: conversation(), succeeds });
    });
    return made;
  });
  snack(element("span", "", "Signing in…"), ...choices);
  choices[0].focus();
}

function snack(...parts) {
  const place = byId("snack");
  place.replaceChildren(...parts);
  place.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (place.hidden = true), SNACK_MS);
}

// --- pictures ---

export function chooseFile() {
  byId("picture-file").click();
}

async function sendPicture(event) {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  if (await context.upload("phone/picture", file, { conversation: conversation() })) begun();
}

// --- signs of writing, if the user wants them told ---

function tellTyping() {
  if (remembered("typing") !== "on" || !conversation()) return;
  if (!typing) context.act("phone/typing", { conversation: conversation(), on: true }, { isQuiet: true });
  clearTimeout(typing);
  typing = setTimeout(stopTyping, TYPING_STOPS_MS);
}

function stopTyping() {
  if (!typing) return;
  clearTimeout(typing);
  typing = 0;
  context.act("phone/typing", { conversation: conversation(), on: false }, { isQuiet: true });
}
