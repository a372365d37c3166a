// A long list that only ever changes where its items do.
//
// Items come with a number, which is their place and what they are known by. An item that comes again takes its old one's
// place; of too many the first go. Whoever was at the end stays there; whoever reads further up is not moved, and told.

const AT_END_PX = 48;
const FRAME_MS = 16;

// The end of what scrolls: whoever is there stays there, until they scroll up themselves; only then `jump` leads back.
export class End {
  constructor(scroller, content, jump) {
    Object.assign(this, { scroller, jump, isThere: true, top: 0, isOnTheWay: false });
    scroller.addEventListener("scroll", () => this.noteWhere(), { passive: true });
    jump.addEventListener("click", () => this.goThere());
    // What is inside can grow later: a picture that has come, a part that was unfolded.
    const grown = new ResizeObserver(() => this.isThere && this.goThere());
    grown.observe(scroller);
    grown.observe(content);
  }

  noteWhere() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const isNear = scrollHeight - scrollTop - clientHeight < AT_END_PX;
    this.isThere = isNear || (this.isThere && scrollTop >= this.top);
    this.top = scrollTop;
    if (isNear) this.jump.hidden = true;
  }

  // Once in a while, however often it is wanted: measuring lays everything out.
  goThere() {
    this.isThere = true;
    this.jump.hidden = true;
    if (this.isOnTheWay) return;
    this.isOnTheWay = true;
    setTimeout(() => {
      this.isOnTheWay = false;
      if (this.isThere) this.scroller.scrollTop = this.scroller.scrollHeight;
      this.top = this.scroller.scrollTop;
    }, FRAME_MS);
  }

  tellOfNew() {
    this.jump.hidden = false;
  }
}

export class ListView {
  // scroller: what scrolls. container: what holds the items. build(item, before): an item's element, given the item before.
  constructor({ scroller, container, build, jump, max = 300 }) {
    Object.assign(this, { container, build, max });
    this.items = new Map();
    this.end = new End(scroller, container, jump);
  }

  get isAtEnd() {
    return this.end.isThere;
  }

  toEnd() {
    this.end.goThere();
  }

  // Takes { reset, items }: with reset, these are all there are.
  apply({ reset, items }) {
    if (reset) this.keepOnly(new Set(items.map(({ number }) => number)));
    const before = this.items.size;
    const changed = items.filter((item) => this.put(item, !reset)).length;
    const added = this.items.size - before;
    while (this.items.size > this.max) this.remove(this.items.keys().next().value);
    // After a break in the line all comes again, and is the same; another conversation begins at its end.
    const isOther = reset && changed === items.length;
    if (isOther || this.isAtEnd) this.toEnd();
    else if (added) this.end.tellOfNew();
  }

  // Answers whether that changed anything.
  put(item, isNew) {
    const known = this.items.get(item.number);
    const told = JSON.stringify(item);
    if (known?.told === told) return false;
    const made = this.build(item, this.items.get(item.number - 1)?.item);
    made.dataset.number = item.number;
    if (known) replaceKeepingFocus(known.made, made);
    else {
      if (isNew) made.classList.add("new");
      this.container.append(made);
    }
    this.items.set(item.number, { item, made, told });
    return true;
  }

  keepOnly(numbers) {
    for (const number of [...this.items.keys()]) if (!numbers.has(number)) this.remove(number);
  }

  remove(number) {
    this.items.get(number).made.remove();
    this.items.delete(number);
  }
}

export function replaceKeepingFocus(old, made) {
  const pressable = "button, a, summary, [tabindex]";
  const at = [...old.querySelectorAll(pressable)].indexOf(document.activeElement);
  old.replaceWith(made);
  if (at >= 0) made.querySelectorAll(pressable)[at]?.focus();
}
