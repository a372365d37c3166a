// Asks for the state every second, and at once after everything that is done here, and shows it.

import { byId } from "./dom.js";
import { showInbox, wireInbox } from "./inbox.js";
import { showPhone, wirePhone } from "./phone.js";
import { showTrace } from "./trace.js";

const EVERY_MS = 1000;
const SOON_MS = 150;
const SHOWN_MS = 6000;
const chosen = { conversation: "", chat: "" };
let newestAsked = 0;
let isLost = false;

async function refresh() {
  const asked = ++newestAsked;
  try {
    const response = await fetch(`/api/state?${new URLSearchParams(chosen)}`);
    const state = await response.json();
    if (!response.ok) throw new Error(state.error);
    if (asked !== newestAsked) return;
    chosen.conversation = state.conversation;
    showPhone(state);
    showInbox(state);
    showTrace(state);
    if (isLost) hideProblem();
    isLost = false;
  } catch (error) {
    isLost = true;
    showProblem(error instanceof TypeError ? "The sandbox does not answer: was it stopped?" : error.message);
  }
}

async function act(action, body) {
  try {
    const response = await fetch(`/api/${action}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    hideProblem();
    refresh();
    setTimeout(refresh, SOON_MS);
    return answer;
  } catch (error) {
    showProblem(error.message);
    refresh();
    return null;
  }
}

let hiding = 0;

function showProblem(message) {
  const problem = byId("problem");
  problem.textContent = message;
  problem.hidden = false;
  clearTimeout(hiding);
  if (!isLost) hiding = setTimeout(hideProblem, SHOWN_MS);
}

function hideProblem() {
  byId("problem").hidden = true;
}

function chooseConversation(id) {
  chosen.conversation = id;
  chosen.chat = "";
  refresh();
}

function chooseChat(id) {
  chosen.chat = id;
  refresh();
}

wirePhone({ act, choose: chooseConversation, conversation: () => chosen.conversation });
wireInbox({ act, choose: chooseChat });
refresh();
setInterval(refresh, EVERY_MS);
