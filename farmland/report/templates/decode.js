// Blocks of data, and numbers in few bytes (written by farmland/report/compact.py).

// The value of a block; null where it is not there, or not to its end while the file is read.
function blockOf(name) {
  const element = document.getElementById(name);
  const whole = element && (element.nextSibling || document.readyState !== "loading");
  return whole ? JSON.parse(element.textContent) : null;
}

const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

// Whole numbers, seven bits a byte, low ones first.
function numbersOf(text) {
  const bytes = bytesOf(text);
  const numbers = new Uint32Array(bytes.reduce((count, byte) => count + (byte < 128), 0));
  let place = 0, value = 0, shift = 0;
  for (const byte of bytes) {
    value |= (byte & 127) << shift;
    shift += 7;
    if (byte < 128) {
      numbers[place++] = value;
      value = shift = 0;
    }
  }
  return numbers;
}

const signed = (number) => (number >>> 1) ^ -(number & 1);

// Outlines: shape n has the rings ringAt[n]..ringAt[n + 1], ring r the points
// pointAt[r]..pointAt[r + 1] of `points` (x, y in turn); `boxes`: left, top, right, bottom.
function shapesOf(packed) {
  const sums = (counts) => {
    const total = new Uint32Array(counts.length + 1);
    counts.forEach((count, n) => { total[n + 1] = total[n] + count; });
    return total;
  };
  const ringAt = sums(numbersOf(packed.rings)), pointAt = sums(numbersOf(packed.points));
  const steps = numbersOf(packed.steps), points = new Int32Array(steps.length);
  for (let n = 0, x = 0, y = 0; n < steps.length; n += 2) {
    points[n] = x += signed(steps[n]);
    points[n + 1] = y += signed(steps[n + 1]);
  }
  const count = ringAt.length - 1, boxes = new Int32Array(4 * count);
  for (let shape = 0; shape < count; shape++) {
    let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
    const stop = 2 * pointAt[ringAt[shape + 1]];
    for (let n = 2 * pointAt[ringAt[shape]]; n < stop; n += 2) {
      left = Math.min(left, points[n]);
      right = Math.max(right, points[n]);
      top = Math.min(top, points[n + 1]);
      bottom = Math.max(bottom, points[n + 1]);
    }
    if (left <= right) boxes.set([left, top, right, bottom], 4 * shape);
  }
  return { count, ringAt, pointAt, points, boxes };
}

// The box around some shapes; null where none of them has a point.
function boxAround(shapes, chosen) {
  let box = null;
  for (const n of chosen) {
    if (shapes.ringAt[n] === shapes.ringAt[n + 1]) continue;
    const [left, top, right, bottom] = shapes.boxes.subarray(4 * n, 4 * n + 4);
    box = box ? [Math.min(box[0], left), Math.min(box[1], top),
      Math.max(box[2], right), Math.max(box[3], bottom)] : [left, top, right, bottom];
  }
  return box;
}

// Adds the outline of one shape to a path.
function trace(path, shapes, shape) {
  const { ringAt, pointAt, points } = shapes;
  for (let ring = ringAt[shape]; ring < ringAt[shape + 1]; ring++) {
    for (let n = pointAt[ring]; n < pointAt[ring + 1]; n++) {
      if (n === pointAt[ring]) path.moveTo(points[2 * n], points[2 * n + 1]);
      else path.lineTo(points[2 * n], points[2 * n + 1]);
    }
    path.closePath();
  }
}

// Whether a place lies in a shape: a ray to the right crosses its rings an odd number of times.
function holds(shapes, shape, x, y) {
  const { ringAt, pointAt, points } = shapes;
  let inside = false;
  for (let ring = ringAt[shape]; ring < ringAt[shape + 1]; ring++) {
    let before = pointAt[ring + 1] - 1;
    for (let n = pointAt[ring]; n < pointAt[ring + 1]; before = n++) {
      const y1 = points[2 * n + 1], y2 = points[2 * before + 1];
      const across = points[2 * n] + ((y - y1) * (points[2 * before] - points[2 * n])) / (y2 - y1);
      if (y1 > y !== y2 > y && x < across) inside = !inside;
    }
  }
  return inside;
}
