// Elements and words. Text from outside only ever becomes text.

const data = blockOf("data");
const chosen = () => (document.getElementById("zh").checked ? 1 : 0);
const say = (key) => data.ui[key][chosen()];
const sayCode = (column, code) => {
  const said = (data.codes[column] || {})[code];
  return said ? said[chosen()] : code === null || code === undefined ? "" : String(code);
};

const SVG = "http://www.w3.org/2000/svg";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}
const make = (tag, attributes, ...children) =>
  fill(document.createElement(tag), attributes, children);
const draw = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

const swatch = (colour, candidate) =>
  draw("svg", { class: "swatch", width: 12, height: 12, viewBox: "0 0 12 12",
    "aria-hidden": "true" },
    draw("rect", { x: 1, y: 1, width: 10, height: 10, rx: 2, fill: colour, stroke: colour,
      "fill-opacity": candidate ? 0.25 : 1, "stroke-width": 1.5 }));
const badge = (stage) =>
  make("span", { class: `badge ${stage === "confirmed" ? "sure" : "maybe"}` },
    sayCode("stage", stage));

// Cases that are settled step back on the map; what was decided stands beside the stage.
const ENDED = new Set(["dismissed", "closed"]);
const decision = (status) => (ENDED.has(status) || status === "verified"
  ? make("span", { class: "badge case" }, sayCode("status", status)) : "");

const grouped = (value, places) =>
  value.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
// An area in its first unit, and behind it in the other; a sum has the mu of its parts.
const areaOf = (m2, mu = (m2 * 3) / 2000) => (chosen()
  ? [`${mu.toFixed(2)} 亩`, `（${m2.toFixed(2)} 平方米）`]
  : [`${grouped(m2, 0)} m²`, ` (${grouped(mu, 2)} mu)`]);
const sayArea = (m2, mu) => areaOf(m2, mu).join("");
function sayDay(day) {
  if (!day) return say("no_day");
  const [year, month, number] = day.split("-").map(Number);
  return chosen() ? `${year}年${month}月${number}日` : `${number} ${MONTHS[month - 1]} ${year}`;
}
const saySpan = (first, last) => `${sayDay(first)}${chosen() ? "—" : " – "}${sayDay(last)}`;

// A sentence with numbers in braces: say("shown") is "{shown} of {total}".
const sayWith = (key, values) =>
  say(key).replace(/\{(\w+)\}/g, (_, name) => values[name]);
