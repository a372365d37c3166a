// Little menus and boxes that open under a button. Escape and a click elsewhere close them; arrows walk through a menu.

const open = new Set();

// Lets `opener` open and close `box`. first: what gets the focus when it opens. Answers a function that closes it.
export function opensBox(opener, box, { first = () => itemsOf(box)[0], before = () => {} } = {}) {
  const close = (withFocus) => {
    if (box.hidden) return;
    box.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    open.delete(close);
    if (withFocus) opener.focus();
  };
  opener.addEventListener("click", () => {
    if (!box.hidden) return close(true);
    for (const other of open) other(false);
    before();
    box.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    open.add(close);
    first()?.focus();
  });
  const isInside = (target) => box.contains(target) || opener.contains(target);
  document.addEventListener("pointerdown", (event) => isInside(event.target) || close(false));
  document.addEventListener("focusin", (event) => isInside(event.target) || close(false));
  for (const one of [box, opener]) one.addEventListener("keydown", (event) => event.key === "Escape" && close(true));
  if (box.getAttribute("role") === "menu") box.addEventListener("keydown", (event) => walk(event, itemsOf(box)));
  return close;
}

function itemsOf(box) {
  return [...box.querySelectorAll("button:not(:disabled):not([hidden])")];
}

const STEPS = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 };

// Moves the focus among items with arrows, Home and End, and around the ends. Answers the item that has it now, if it moved.
export function walk(event, items) {
  const at = items.indexOf(document.activeElement);
  const step = STEPS[event.key];
  let next = null;
  if (step) next = items[(at + step + items.length) % items.length];
  if (event.key === "Home") next = items[0];
  if (event.key === "End") next = items.at(-1);
  if (!next) return null;
  event.preventDefault();
  next.focus();
  return next;
}
