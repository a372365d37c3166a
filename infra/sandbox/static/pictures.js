// Pictures: those that the stand-ins keep are shown, of all others only what they are said to show. Nothing is fetched
// from elsewhere.

import { element, words } from "./dom.js";
import { icon } from "./icons.js";
import { hueOf } from "./text.js";

let origins = [];

export function setPictureOrigins(allowed) {
  origins = allowed;
}

// A picture in a frame of that class.
export function picture(url, shows = "", className = "") {
  const frame = element("figure", `picture ${className}`);
  if (!isOurs(url)) return describe(frame, url, shows);
  const image = element("img");
  image.src = url;
  image.alt = shows || "Picture";
  image.addEventListener("error", () => describe(frame, url, shows));
  frame.append(image);
  return frame;
}

function isOurs(url) {
  try {
    return origins.includes(new URL(url).origin);
  } catch {
    return false;
  }
}

function describe(frame, url, shows) {
  frame.classList.add("missing", `tint-${hueOf(shows || url)}`);
  frame.title = url;
  frame.replaceChildren(icon("image"), words("span", "", shows || fileName(url) || "Picture"));
  return frame;
}

function fileName(url) {
  return decodeURIComponent(url.split(/[?#]/)[0].split("/").pop() || "").slice(0, 60);
}
