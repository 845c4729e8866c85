// The map: parcels and patches on a canvas, dragged, zoomed, clicked. What takes long (all parcels)
// is painted piece by piece on a sheet of its own; while a hand moves the map, the sheet moves.

const PIECE = 256; // parcels or patches painted together
const SLICE_MS = 7; // of painting before the hand gets its turn
const SETTLED_MS = 90; // without movement before the sheet is painted again
const DOT = 4.2; // pixels: radius of a patch too small to see
const MANY = 1000; // patches from which on dots are smaller
const EARTH_M = 6378137;

class AreaMap {
  constructor(box, shapes, look) {
    this.box = box;
    this.canvas = box.querySelector("canvas");
    this.pen = this.canvas.getContext("2d");
    this.patches = shapesOf(shapes.patches);
    this.parcels = shapesOf(shapes.parcels);
    this.status = bytesOf(shapes.status);
    this.corner = shapes.corner;
    this.look = look; // how things look and what happens when they are touched (explore.js)
    this.shown = [];
    this.marked = -1;
    this.sheet = null;
    this.share = 0.5;
    this.pieces = this.cut();
    this.pair = shapes.pair && {
      box: shapes.pair.box,
      sides: ["before", "after"].map((side) => this.picture(shapes.pair[side])),
    };
    this.whole = boxAround(this.parcels, Array(this.parcels.count).keys())
      || boxAround(this.patches, Array(this.patches.count).keys());
    this.shape();
    this.listen();
    this.resize();
    this.fit(this.whole, 0.03);
  }

  picture(data) {
    const image = new Image();
    image.onload = () => this.later();
    image.src = `data:image/webp;base64,${data}`;
    return image;
  }

  // Neighbouring parcels in pieces, those of one status in one path.
  cut() {
    const pieces = [];
    for (let first = 0; first < this.parcels.count; first += PIECE) {
      const members = [];
      for (let n = first; n < Math.min(first + PIECE, this.parcels.count); n++) members.push(n);
      pieces.push({ members, box: boxAround(this.parcels, members), paths: null });
    }
    return pieces.filter((piece) => piece.box);
  }

  pathsOf(piece) {
    if (!piece.paths) {
      piece.paths = new Map();
      for (const n of piece.members) {
        const status = this.status[n];
        if (!piece.paths.has(status)) piece.paths.set(status, new Path2D());
        trace(piece.paths.get(status), this.parcels, n);
      }
    }
    return piece.paths;
  }

  // --- the view: the middle in units of the plane, and pixels a unit ---

  // No higher than the area needs: a broad one leaves no blank above and below (report.css).
  shape() {
    if (!this.whole) return;
    const [left, top, right, bottom] = this.whole;
    const wide = Math.max(right - left, 60) / Math.max(bottom - top, 60);
    this.box.style.setProperty("--shape", Math.max(0.9 * wide, 0.5).toFixed(3));
  }

  resize() {
    const { width, height } = this.canvas.getBoundingClientRect();
    this.dense = Math.min(2, window.devicePixelRatio || 1);
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.canvas.width = Math.round(this.width * this.dense);
    this.canvas.height = Math.round(this.height * this.dense);
    this.later();
  }

  fit(box, margin) {
    if (!box) return;
    const wide = Math.max(box[2] - box[0], 60), high = Math.max(box[3] - box[1], 60);
    const scale = Math.min(this.width / wide, this.height / high) * (1 - 2 * margin);
    this.lookAt((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, scale);
  }

  lookAt(x, y, scale) {
    const widest = Math.min(this.width / (this.whole[2] - this.whole[0] || 1),
      this.height / (this.whole[3] - this.whole[1] || 1)) / 3;
    this.view = { x, y, scale: Math.min(8, Math.max(Math.min(widest, 1), scale)) };
    this.later();
  }

  zoom(factor, across = this.width / 2, down = this.height / 2) {
    const [x, y] = this.place(across, down);
    this.lookAt(this.view.x, this.view.y, this.view.scale * factor);
    const [newX, newY] = this.place(across, down);
    this.lookAt(this.view.x + x - newX, this.view.y + y - newY, this.view.scale);
  }

  move(across, down) {
    const { x, y, scale } = this.view;
    this.lookAt(x - across / scale, y - down / scale, scale);
  }

  place(across, down) {
    const { x, y, scale } = this.view;
    return [x + (across - this.width / 2) / scale, y + (down - this.height / 2) / scale];
  }

  spot(x, y) {
    const { scale } = this.view;
    return [(x - this.view.x) * scale + this.width / 2, (y - this.view.y) * scale + this.height / 2];
  }

  // Metres on the ground of one unit of the plane, at the middle of the view.
  stretch() {
    const north = this.corner[1] - this.view.y;
    return 1 / Math.cosh(north / EARTH_M);
  }

  // --- painting ---

  show(shown) {
    this.shown = shown;
    this.later();
  }

  soon() {
    if (!this.waiting) this.waiting = requestAnimationFrame(() => this.paint());
  }

  later() {
    this.soon();
    clearTimeout(this.settling);
    this.job = null;
    this.settling = setTimeout(() => this.begin(), this.sheet ? SETTLED_MS : 0);
  }

  transform(pen, view) {
    const scale = view.scale * this.dense;
    pen.setTransform(scale, 0, 0, scale, this.canvas.width / 2 - view.x * scale,
      this.canvas.height / 2 - view.y * scale);
  }

  begin() {
    const sheet = document.createElement("canvas");
    sheet.width = this.canvas.width;
    sheet.height = this.canvas.height;
    // Pixels are asked for after each step, so that no work piles up unseen for one long frame.
    const pen = sheet.getContext("2d", { willReadFrequently: true });
    this.job = { sheet, view: { ...this.view } };
    this.work(this.job, pen, this.steps(pen, this.job.view));
  }

  // One step after the other: parcels piece by piece, then the patches.
  *steps(pen, view) {
    const [left, top] = this.place(0, 0), [right, bottom] = this.place(this.width, this.height);
    const seen = (box) => box[0] < right && box[2] > left && box[1] < bottom && box[3] > top;
    for (const piece of this.pieces) {
      if (seen(piece.box)) yield this.paintPiece(pen, piece, view.scale);
    }
    const shown = this.shown.filter((n) => seen(this.patches.boxes.subarray(4 * n, 4 * n + 4)));
    for (let last = shown.length; last > 0; last -= PIECE) {
      yield this.paintPatches(pen, shown.slice(Math.max(0, last - PIECE), last), view.scale);
    }
  }

  work(job, pen, steps) {
    if (this.job !== job) return;
    const start = performance.now();
    this.transform(pen, job.view);
    do {
      if (steps.next().done) {
        this.sheet = job;
        this.job = null;
        this.soon();
        this.canvas.dataset.painted = "yes";
        return;
      }
      pen.getImageData(0, 0, 1, 1);
    } while (performance.now() - start < SLICE_MS);
    requestAnimationFrame(() => this.work(job, pen, steps));
  }

  paintPiece(pen, piece, scale) {
    const [left, top, right, bottom] = piece.box;
    const side = Math.sqrt(((right - left) * (bottom - top)) / piece.members.length) * scale;
    for (const [status, path] of this.pathsOf(piece)) {
      const [colour, inside] = this.look.parcel(status, Boolean(this.pair));
      pen.fillStyle = inside;
      pen.fill(path, "evenodd");
      if (side < 7) continue;
      pen.strokeStyle = colour;
      pen.lineWidth = (side < 20 ? 0.5 : 0.9) / scale;
      pen.stroke(path);
    }
  }

  // Patches by look, the small ones as dots; confirmed filled, candidates hollow.
  paintPatches(pen, shown, scale) {
    const paths = new Map();
    for (const patch of shown.reverse()) {
      const { colour, sure, ended } = this.look.patch(patch);
      if (this.patches.ringAt[patch] === this.patches.ringAt[patch + 1]) continue;
      const key = colour + sure + ended;
      if (!paths.has(key)) paths.set(key, { colour, sure, ended, path: new Path2D() });
      const { path } = paths.get(key);
      const [left, top, right, bottom] = this.patches.boxes.subarray(4 * patch, 4 * patch + 4);
      if (Math.max(right - left, bottom - top) * scale > 2 * DOT) trace(path, this.patches, patch);
      else {
        const radius = (this.shown.length > MANY ? DOT * 0.65 : DOT) / scale;
        path.moveTo((left + right) / 2 + radius, (top + bottom) / 2);
        path.arc((left + right) / 2, (top + bottom) / 2, radius, 0, 7);
      }
    }
    for (const { colour, sure, ended, path } of paths.values()) {
      pen.fillStyle = colour + (ended ? "18" : sure ? "DD" : "33");
      pen.fill(path);
      pen.strokeStyle = ended ? `${colour}77` : sure ? "#FFFFFF" : colour;
      pen.lineWidth = (sure ? 1 : 1.6) / scale;
      pen.stroke(path);
    }
  }

  paint() {
    this.waiting = null;
    const { pen, canvas } = this;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = "#FBFCFA";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    if (this.pair) this.paintPair();
    if (this.sheet) {
      const old = this.sheet.view, scale = this.view.scale / old.scale, { dense } = this;
      const left = (old.x - this.view.x) * this.view.scale * dense + (canvas.width * (1 - scale)) / 2;
      const top = (old.y - this.view.y) * this.view.scale * dense + (canvas.height * (1 - scale)) / 2;
      pen.setTransform(scale, 0, 0, scale, left, top);
      pen.drawImage(this.sheet.sheet, 0, 0);
    }
    this.paintMark();
    this.paintBar();
  }

  // Before to the left of the line, after to the right.
  paintPair() {
    const { pen, canvas } = this, line = canvas.width * this.share;
    const [left, top, right, bottom] = this.pair.box;
    [[0, line], [line, canvas.width - line]].forEach(([start, width], side) => {
      const image = this.pair.sides[side];
      if (!image.complete || !image.naturalWidth || width <= 0) return;
      pen.save();
      pen.beginPath();
      pen.rect(start, 0, width, canvas.height);
      pen.clip();
      this.transform(pen, this.view);
      pen.imageSmoothingEnabled = false;
      pen.drawImage(image, left, top, right - left, bottom - top);
      pen.restore();
    });
    pen.fillStyle = "#FFFFFF";
    pen.fillRect(line - this.dense, 0, 2 * this.dense, canvas.height);
  }

  paintMark() {
    if (this.marked < 0) return; // none
    const { pen } = this, path = new Path2D();
    trace(path, this.patches, this.marked);
    this.transform(pen, this.view);
    pen.strokeStyle = "#20302A";
    pen.lineWidth = 2.4 / this.view.scale;
    pen.stroke(path);
    const [left, top, right, bottom] = this.patches.boxes.subarray(4 * this.marked);
    pen.beginPath();
    pen.arc((left + right) / 2, (top + bottom) / 2,
      Math.max((right - left) / 1.4, 9 / this.view.scale), 0, 7);
    pen.stroke();
  }

  // The scale bar: a round number of metres on the ground.
  paintBar() {
    const metre = this.view.scale / this.stretch(), most = Math.min(150, this.width / 3) / metre;
    const power = 10 ** Math.floor(Math.log10(most));
    const metres = [5, 2, 1].map((step) => step * power).find((length) => length <= most);
    const { pen, dense } = this, wide = metres * metre, foot = this.height - 14;
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.beginPath();
    pen.moveTo(14, foot - 5);
    pen.lineTo(14, foot);
    pen.lineTo(14 + wide, foot);
    pen.lineTo(14 + wide, foot - 5);
    pen.strokeStyle = pen.fillStyle = "#20302A";
    pen.lineWidth = 1.4;
    pen.stroke();
    pen.font = "12px sans-serif";
    pen.textAlign = "center";
    pen.fillText(metres >= 1000 ? `${metres / 1000} km` : `${metres} m`, 14 + wide / 2, foot - 6);
  }
}
