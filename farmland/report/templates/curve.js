// The NDVI curve of a patch: its looks, its own past, its neighbours, its dates.

const FRAME = { height: 300, left: 36, right: 10, top: 18, bottom: 38 };
const WIDE = 640, NARROW = 400; // units of the drawing: letters stay readable on a phone
const LOW = -0.3, HIGH = 1;
const DAY_MS = 864e5;
const UNKNOWN = -128;

function curveOf(packed) {
  let day = Date.parse(packed.first) / DAY_MS;
  const days = Array.from(numbersOf(packed.days), (step) => (day += step));
  const bytes = new Int8Array(bytesOf(packed.ndvi).buffer), count = days.length;
  const series = (n) => Array.from(bytes.subarray(n * count, (n + 1) * count),
    (value) => (value === UNKNOWN ? null : value / 100));
  return { days, ndvi: series(0), own: [series(1), series(2)], near: [series(3), series(4)] };
}

// Runs in which both edges of a band are known.
function runsOf([low, high]) {
  const runs = [];
  let run = [];
  for (let n = 0; n <= low.length; n++) {
    if (n < low.length && low[n] !== null && high[n] !== null) run.push(n);
    else {
      if (run.length > 1) runs.push(run);
      run = [];
    }
  }
  return runs;
}

function curvePicture(packed, patch) {
  const curve = curveOf(packed), { height, left, right, top, bottom } = FRAME;
  const width = window.innerWidth < WIDE ? NARROW : WIDE;
  const first = curve.days[0], length = Math.max(1, curve.days[curve.days.length - 1] - first);
  const across = (day) =>
    left + (Math.min(Math.max(day - first, 0), length) / length) * (width - left - right);
  const up = (ndvi) => height - bottom
    - ((Math.min(Math.max(ndvi, LOW), HIGH) - LOW) / (HIGH - LOW)) * (height - top - bottom);
  const dayOf = (text) => Date.parse(text) / DAY_MS;
  const foot = height - bottom;
  const band = (edges, name) => runsOf(edges).map((run) => draw("path", { class: name,
    d: `M${[...run.map((n) => [n, edges[1]]), ...run.reverse().map((n) => [n, edges[0]])]
      .map(([n, edge]) => `${across(curve.days[n]).toFixed(1)},${up(edge[n]).toFixed(1)}`)
      .join("L")}Z` }));
  const since = (day) => patch.to && day >= dayOf(patch.to);
  const parts = [];
  const after = data.after.split("/")[0];
  if (after && dayOf(after) >= first && dayOf(after) <= first + length) {
    const x = across(dayOf(after));
    parts.push(draw("rect", { class: "after", x, y: top, width: width - right - x,
      height: foot - top }), draw("text", { class: "axis", x: x + 5, y: top + 12 },
      say("period_after")));
  }
  for (const level of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(draw("path", { class: "grid", d: `M${left},${up(level)}H${width - right}` }),
      draw("text", { class: "axis", x: left - 6, y: up(level) + 4, "text-anchor": "end" },
        String(level)));
  }
  parts.push(...band(curve.own, "own"), ...band(curve.near, "near"));
  if (patch.from && patch.to) {
    const start = across(dayOf(patch.from));
    parts.push(draw("rect", { class: "change", x: start, y: top,
      width: Math.max(1.5, across(dayOf(patch.to)) - start), height: foot - top }));
  }
  if (patch.confirmed) {
    parts.push(draw("path", { class: "proven", d: `M${across(dayOf(patch.confirmed))},${top}V${foot}` }));
  }
  curve.days.forEach((day, n) => {
    const x = across(day).toFixed(1), ndvi = curve.ndvi[n];
    const name = sayDay(new Date(day * DAY_MS).toISOString().slice(0, 10));
    if (ndvi === null) parts.push(draw("path", { class: "miss", d: `M${x},${foot + 3}v6` }));
    else {
      parts.push(draw("circle", { class: since(day) ? "hit" : "dot", cx: x, cy: up(ndvi).toFixed(1),
        r: 3.1, fill: since(day) ? patch.colour : null },
      draw("title", {}, `${name} · NDVI ${ndvi.toFixed(2)}`)));
    }
  });
  parts.push(draw("text", { class: "axis", x: left, y: 11 }, "NDVI"),
    draw("path", { class: "base", d: `M${left},${foot}H${width - right}` }),
    ...monthMarks(first, length, width / 80).map(([day, label]) => draw("g", {},
      draw("path", { class: "base", d: `M${across(day)},${foot}v3` }),
      draw("text", { class: "axis", x: across(day), y: foot + 24, "text-anchor": "middle" }, label))));
  return draw("svg", { class: "curve", viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": say("curve_label") }, ...parts);
}

// Months that are marked under the curve: few enough to be read.
function monthMarks(first, length, most) {
  const start = new Date(first * DAY_MS), marks = [];
  const months = Math.ceil(length / 30.4);
  const every = [1, 2, 3, 6].find((step) => step >= months / most) || 12;
  for (let n = 1; n <= months; n++) {
    const day = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + n, 1) / DAY_MS;
    const month = new Date(day * DAY_MS);
    if (month.getUTCMonth() % every === 0 && day - first > 8 && day - first < length - 8) {
      marks.push([day, month.toISOString().slice(0, 7)]);
    }
  }
  return marks;
}

// What the marks in the curve mean.
function curveKey(colour) {
  const entry = (key, width, ...marks) => make("li", {},
    draw("svg", { width, height: 12, "aria-hidden": "true" }, ...marks), say(key));
  return make("ul", { class: "legend" },
    entry("key_own", 18, draw("rect", { class: "own", width: 18, height: 12 })),
    entry("key_near", 18, draw("rect", { class: "near", width: 18, height: 12 })),
    entry("key_dot", 10, draw("circle", { class: "dot", cx: 5, cy: 6, r: 3.5 })),
    entry("key_hit", 10, draw("circle", { cx: 5, cy: 6, r: 3.5, fill: colour })),
    entry("key_miss", 6, draw("path", { class: "miss", d: "M3,3v6" })),
    entry("key_when", 10, draw("rect", { class: "change", width: 10, height: 12 })),
    entry("key_confirmed", 8, draw("path", { class: "proven", d: "M4,0V12" })));
}
