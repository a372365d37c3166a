// Cards on the phone: one, or several side by side; and the survey after a conversation with a person.

import { button, element, words } from "./dom.js";
import { icon } from "./icons.js";
import { picture } from "./pictures.js";

const STARS = [1, 2, 3, 4, 5];
const GOOGLES_QUESTION = "GOOGLE_DEFINED_CSAT";

// The cards of a message. deeds.tap(chip) is called for what is tapped on one.
export function buildCards(line, deeds) {
  const { standaloneCard, carouselCard } = line.richCard;
  if (standaloneCard) return element("div", "cards", buildCard(standaloneCard.cardContent, "alone", deeds));
  const cards = carouselCard.cardContents.map((content) => buildCard(content, carouselCard.cardWidth, deeds));
  const row = element("div", "cards", ...cards);
  row.tabIndex = 0;
  row.setAttribute("role", "group");
  row.setAttribute("aria-roledescription", "carousel");
  row.setAttribute("aria-label", `${cards.length} cards, scroll sideways`);
  return row;
}

function buildCard(content, width, deeds) {
  const { media, title, description, suggestions = [] } = content;
  const card = element("article", `card ${width}`);
  if (media) {
    const { fileUrl = "", thumbnailUrl, altText, contentDescription } = media.contentInfo || {};
    card.append(picture(thumbnailUrl || fileUrl, altText || contentDescription, media.height));
  }
  if (title || description) {
    card.append(element("div", "card-words", title ? words("strong", "", title) : "", description ? words("span", "", description) : ""));
  }
  if (suggestions.length) card.append(element("div", "card-chips", ...suggestions.map((one) => buildChip(one, deeds))));
  return card;
}

const ICONS = { link: "link", dial: "dial", person: "person", sign_in: "key" };

function buildChip(suggestion, deeds) {
  const chip = readChip(suggestion);
  const made = button("", chip.kind in ICONS ? icon(ICONS[chip.kind]) : "", words("span", "", chip.shown || chip.label));
  made.addEventListener("click", () => deeds.tap(chip));
  return made;
}

// A suggestion as the channels have it, in the page's own form.
function readChip({ reply, action, authenticationRequest }) {
  if (reply) return { kind: "reply", label: reply.text, postback: reply.postbackData };
  if (action?.openUrlAction) return { kind: "link", label: action.text, postback: action.postbackData, leads_to: action.openUrlAction.url };
  if (action?.dialAction) return { kind: "dial", label: action.text, postback: action.postbackData, leads_to: action.dialAction.phoneNumber };
  if (action) return { kind: "reply", label: action.text, postback: action.postbackData };
  if (authenticationRequest) return { kind: "sign_in", label: "authenticationRequest", shown: "Sign in" };
  return { kind: "person", label: "liveAgentRequest", shown: "Talk to a person" };
}

// One question with five answers; the answer given stays marked.
export function buildSurvey(line, deeds) {
  const given = line.answers?.[GOOGLES_QUESTION];
  const stars = STARS.map((star) => {
    const made = button("", String(star));
    made.setAttribute("aria-label", `${star} of ${STARS.length}`);
    made.setAttribute("aria-pressed", String(String(star) === given));
    made.disabled = given !== undefined;
    made.addEventListener("click", () => deeds.rate(line.id, String(star)));
    return made;
  });
  const row = element("div", "stars", ...stars);
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "Your rating");
  return element("div", "bubble", given === undefined ? "How was this conversation?" : "Thank you for your answer.", row);
}
