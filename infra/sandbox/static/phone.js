// The user's phone: what the user sees, the suggestions, and what the user does.

import { byId, element, sendText, showList, showOptions } from "./dom.js";

const CHIP_WORDS = { liveAgentRequest: "Talk to a person", authenticationRequest: "Sign in" };
const FRAMING = { REPRESENTATIVE_JOINED: "joined", REPRESENTATIVE_LEFT: "left" };
const USER_NOTES = { live_agent_request: "asks for a person" };

export function showPhone(state) {
  const options = state.conversations.map(({ id, name }) => ({ value: id, text: `${name} (${id.slice(0, 8)})` }));
  showOptions(byId("conversation"), options);
  byId("conversation").value = state.conversation;
  const phone = state.phone;
  const lines = phone ? phone.lines.map((line) => ({ ...line, user: phone.name })) : [];
  showList(byId("screen"), lines, buildLine);
  showList(byId("chips"), phone ? phone.chips : [], buildChip);
  for (const id of ["say-text", "ask"]) byId(id).disabled = !phone;
}

function buildLine(line) {
  if (line.from === "user" && line.kind in USER_NOTES) return element("p", "note", `${line.user} ${USER_NOTES[line.kind]}`);
  if (line.kind === "event") return element("p", `note ${line.representative}`, `${line.name} ${FRAMING[line.event]}`);
  const text = line.text || line.image || (line.kind === "survey" ? "(a survey)" : "(no text)");
  const said = element("div", `said ${line.from === "user" ? "user" : line.representative || ""}`);
  const label = line.representative ? element("span", "label", line.representative) : "";
  const receipt = line.receipt ? ` · ${line.receipt.toLowerCase()}` : "";
  said.append(element("span", "who", label, `${line.from === "user" ? line.user : line.name || "Brand"}${receipt}`));
  said.append(element("div", "text", text));
  return said;
}

function buildChip(label) {
  const chip = element("button", "", CHIP_WORDS[label] || label);
  chip.type = "button";
  chip.dataset.label = label;
  return chip;
}

// Wires the phone's controls. `act(action, body)` sends; `choose(id)` changes the conversation shown.
export function wirePhone({ act, choose, conversation }) {
  byId("conversation").addEventListener("change", (event) => choose(event.target.value));
  byId("open").addEventListener("submit", async (event) => {
    event.preventDefault();
    const opened = await act("phone/open", { name: byId("user-name").value });
    if (!opened) return;
    byId("user-name").value = "";
    choose(opened.conversation);
    byId("say-text").focus();
  });
  byId("say").addEventListener("submit", (event) => {
    event.preventDefault();
    sendText(byId("say-text"), (text) => act("phone/say", { conversation: conversation(), text }));
  });
  byId("chips").addEventListener("click", (event) => {
    const { label } = event.target.dataset;
    if (label) act("phone/tap", { conversation: conversation(), label });
  });
  byId("ask").addEventListener("click", () => act("phone/ask_for_person", { conversation: conversation() }));
}
