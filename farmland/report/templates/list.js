// The list: ten thousand rows, of which only those on the screen exist.

const ROW = 92; // height of a row in pixels, as in the style
const SPARE = 6; // rows kept above and below the screen

class ClueList {
  constructor(box, row, open, active) {
    this.box = box;
    this.row = row; // (patch, place) => children of a row
    this.open = open;
    this.told = active;
    this.inner = make("div", { class: "rows", role: "presentation" });
    this.rows = new Map();
    this.order = [];
    this.at = 0;
    box.replaceChildren(this.inner);
    box.addEventListener("scroll", () => this.soon(), { passive: true });
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) this.go(Number(row.dataset.place), true);
    });
    new ResizeObserver(() => this.soon()).observe(box);
  }

  show(order) {
    const kept = order.indexOf(this.order[this.at]);
    this.order = order;
    this.at = Math.max(0, kept);
    this.inner.style.height = `${order.length * ROW}px`;
    this.box.scrollTop = kept < 0 ? 0 : this.box.scrollTop;
    this.again();
    this.reveal();
  }

  again() {
    this.rows.forEach((element) => element.remove());
    this.rows.clear();
    this.paint();
  }

  soon() {
    if (!this.waiting) {
      this.waiting = requestAnimationFrame(() => {
        this.waiting = null;
        this.paint();
      });
    }
  }

  paint() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / ROW) - SPARE);
    const last = Math.min(this.order.length,
      Math.ceil((this.box.scrollTop + this.box.clientHeight) / ROW) + SPARE);
    for (const [place, element] of this.rows) {
      if (place < first || place >= last) {
        element.remove();
        this.rows.delete(place);
      }
    }
    const fresh = [];
    for (let place = first; place < last; place++) {
      if (!this.rows.has(place)) fresh.push(this.element(place));
    }
    this.inner.append(...fresh);
    this.choose();
  }

  element(place) {
    const element = make("div", { role: "option", id: `row-${place}`, class: "row",
      "data-place": place, "aria-setsize": this.order.length, "aria-posinset": place + 1 },
    ...this.row(this.order[place], place));
    element.style.top = `${place * ROW}px`;
    this.rows.set(place, element);
    return element;
  }

  choose() {
    for (const [place, element] of this.rows) {
      element.setAttribute("aria-selected", String(place === this.at));
    }
    if (this.rows.has(this.at)) this.box.setAttribute("aria-activedescendant", `row-${this.at}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  reveal() {
    const top = this.at * ROW, { scrollTop, clientHeight } = this.box;
    if (top < scrollTop) this.box.scrollTop = top;
    else if (top + ROW > scrollTop + clientHeight) this.box.scrollTop = top + ROW - clientHeight;
  }

  go(place, opened) {
    this.at = Math.max(0, Math.min(this.order.length - 1, place));
    this.reveal();
    this.paint();
    if (!this.order.length) return;
    this.told(this.order[this.at]);
    if (opened) this.open(this.order[this.at]);
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / ROW) - 1);
    const goals = { ArrowDown: this.at + 1, ArrowUp: this.at - 1, PageDown: this.at + page,
      PageUp: this.at - page, Home: 0, End: this.order.length - 1, Enter: this.at, " ": this.at };
    if (!(event.key in goals) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.go(goals[event.key], event.key === "Enter" || event.key === " ");
  }
}
