// Hands on the map: drag, wheel, pinch, keys, and what lies under the pointer.

const STEP = 60; // pixels an arrow key moves the map
const TOUCH = 9; // pixels around a dot that still hit it

Object.assign(AreaMap.prototype, {
  listen() {
    const hands = new Map();
    let moved = 0;
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      hands.set(event.pointerId, at(event));
      moved = hands.size > 1 ? TOUCH : 0;
    });
    this.canvas.addEventListener("pointermove", (event) => {
      const old = hands.get(event.pointerId), now = at(event);
      if (!old) {
        this.hover(...now);
        return;
      }
      moved += Math.hypot(now[0] - old[0], now[1] - old[1]);
      const [other] = [...hands].filter(([id]) => id !== event.pointerId).map(([, spot]) => spot);
      hands.set(event.pointerId, now);
      if (other) {
        const apart = (spot) => Math.hypot(spot[0] - other[0], spot[1] - other[1]);
        this.zoom(apart(now) / Math.max(1, apart(old)), ...other);
      } else if (moved > 3) this.move(now[0] - old[0], now[1] - old[1]);
    });
    const release = (event) => {
      if (hands.delete(event.pointerId) && event.type === "pointerup" && moved <= 3) {
        this.click(...at(event));
      }
    };
    for (const kind of ["pointerup", "pointercancel"]) this.canvas.addEventListener(kind, release);
    this.canvas.addEventListener("pointerleave", () => this.look.tell(null));
    this.canvas.addEventListener("wheel", (event) => {
      // A page that is scrolled past the map must not be caught by it.
      if (!event.ctrlKey && document.activeElement !== this.canvas) return;
      event.preventDefault();
      this.zoom(Math.exp(-Math.max(-100, Math.min(100, event.deltaY)) / 240), ...at(event));
    }, { passive: false });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.resize()).observe(this.canvas);
  },

  key(event) {
    const moves = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP],
      ArrowDown: [0, -STEP] };
    if (moves[event.key]) this.move(...moves[event.key]);
    else if (event.key === "+" || event.key === "=") this.zoom(1.5);
    else if (event.key === "-") this.zoom(1 / 1.5);
    else if (event.key === "0") this.fit(this.whole, 0.03);
    else return;
    event.preventDefault();
  },

  // The patch under a place of the canvas, else the nearest dot; -1 = none.
  patchAt(across, down) {
    const [x, y] = this.place(across, down), reach = TOUCH / this.view.scale;
    let nearest = -1, least = reach;
    for (const n of this.shown) {
      const [left, top, right, bottom] = this.patches.boxes.subarray(4 * n, 4 * n + 4);
      if (x < left - reach || x > right + reach || y < top - reach || y > bottom + reach) continue;
      if (holds(this.patches, n, x, y)) return n;
      const apart = Math.hypot((left + right) / 2 - x, (top + bottom) / 2 - y);
      if (apart < least) [nearest, least] = [n, apart];
    }
    return nearest;
  },

  parcelAt(across, down) {
    const [x, y] = this.place(across, down);
    for (const { box, members } of this.pieces) {
      if (x < box[0] || x > box[2] || y < box[1] || y > box[3]) continue;
      for (const n of members) {
        const [left, top, right, bottom] = this.parcels.boxes.subarray(4 * n, 4 * n + 4);
        if (x >= left && x <= right && y >= top && y <= bottom
          && holds(this.parcels, n, x, y)) return n;
      }
    }
    return -1;
  },

  hover(across, down) {
    const patch = this.patchAt(across, down);
    this.canvas.classList.toggle("over", patch >= 0);
    this.look.tell(patch, patch < 0 ? this.parcelAt(across, down) : -1, across, down);
  },

  click(across, down) {
    const patch = this.patchAt(across, down);
    if (patch >= 0) this.look.open(patch);
    else this.hover(across, down);
  },
});
