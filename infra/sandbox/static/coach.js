// One sentence for whoever is here for the first time: what to try next. And who has the conversation.

import { byId, element } from "./dom.js";
import { hasBegun } from "./phone_write.js";

let context = null;
let hasAnswered = false;

export const coach = {
  sections: { record: show, desk: show, chat: show, lines: listen },
  wire(given) {
    context = given;
  },
};

// Has the agent who is there written anything yet?
function listen({ items }) {
  for (const { kind, event, representative } of items) {
    if (event === "REPRESENTATIVE_JOINED") hasAnswered = false;
    else if (kind === "message" && representative === "HUMAN") hasAnswered = true;
  }
  show();
}

function show() {
  const state = context.state.record?.record?.state;
  for (const step of byId("states").children) {
    if (step.dataset.state === (state || "BOT")) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
  say(...advice(state, context.state));
}

// The first thing to do, in bold, and why.
function advice(state, { record, desk, chat, setting }) {
  const agents = chat?.chat?.agents.map(({ name }) => name).join(", ");
  if (state === "AGENT" && hasAnswered) return ["User and agent write in one thread now.", "Close the chat in the inbox to give it back to the bot."];
  if (state === "AGENT") return [`${agents || "An agent"} has the chat:`, "answer in the inbox on the right."];
  if (state === "WAITING") return waiting(desk, chat?.chat);
  if (!hasBegun()) return ["Write something as the user,", "on the phone at the left."];
  if (record?.record?.handoffs.length) return ["The bot is back.", "Click a row of the trace to see what was sent, or ask for a person again."];
  const ways = setting?.channel === "rcs" ? "tap the chip," : "tap the chip, take it from the phone’s menu,";
  return ["Ask for a person:", `${ways} or just write it.`];
}

function waiting(desk, chat) {
  const isAnyoneThere = desk?.agents.some(({ status }) => status === "accepting_chats");
  if (!isAnyoneThere) return ["Nobody accepts chats:", "set an agent to “Accepting chats” in the inbox on the right."];
  if (chat?.position) return ["The user waits in the queue:", "accept the chat in the inbox on the right."];
  return ["A person was asked for.", "LiveChat is looking for somebody."];
}

function say(first, rest = "") {
  const place = byId("coach");
  if (place.dataset.said === first + rest) return;
  place.dataset.said = first + rest;
  place.replaceChildren(element("strong", "", first), ` ${rest}`);
}
