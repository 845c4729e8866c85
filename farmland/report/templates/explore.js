// Which patches are shown, in which order: filters and sorting drive the list and the map.

const FACETS = ["level", "cover", "stage", "conversion", "policy_class", "status"];
const ORDERS = {
  likely: (one, two) => one.number - two.number,
  area: (one, two) => two.area - one.area,
  recent: (one, two) => (two.to || "").localeCompare(one.to || ""),
  cover: (one, two) => one.cover.localeCompare(two.cover),
  place: (one, two) => one.place.localeCompare(two.place) || one.parcel.localeCompare(two.parcel),
  status: (one, two) => (one.status || "").localeCompare(two.status || ""),
};

const patches = data.patches.id.map((id, number) => {
  const patch = { number };
  for (const [name, column] of Object.entries(data.patches)) patch[name] = column[number];
  return patch;
});
const patchById = new Map(patches.map((patch) => [patch.id, patch]));

// Name of a place, or its code with the name of the place around it.
function placeName(code) {
  if (!code) return "";
  for (const length of [12, 9, 6]) {
    const name = data.places[code.slice(0, length)];
    if (name && code.length >= length) {
      return code.length === length ? name : `${name} ${code}`;
    }
  }
  return code;
}

const wordsOf = new Map();
// Everything a patch can be found by, in small letters.
function haystack(patch) {
  if (!wordsOf.has(patch)) {
    const said = FACETS.map((name) => (data.codes[name][patch[name]] || []).join(" "));
    wordsOf.set(patch, [patch.id, patch.parcel, patch.place, placeName(patch.place), ...said]
      .join(" ").toLowerCase());
  }
  return wordsOf.get(patch);
}

class Choice {
  constructor(form, changed) {
    this.form = form;
    this.changed = changed;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => changed());
    form.addEventListener("reset", () => setTimeout(changed));
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      form.reset();
      event.preventDefault();
    });
    form.elements.reverse.addEventListener("click", (event) => {
      const button = event.currentTarget;
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      changed();
    });
  }

  // Options in the language of the moment, with how many patches each has.
  word() {
    for (const name of FACETS) {
      const counts = new Map();
      for (const patch of patches) counts.set(patch[name], (counts.get(patch[name]) || 0) + 1);
      const known = Object.keys(data.codes[name]);
      const codes = [...counts.keys()].filter((code) => code !== null)
        .sort((one, two) => known.indexOf(one) - known.indexOf(two));
      this.options(name, codes.map((code) => [code, `${sayCode(name, code)} (${counts.get(code)})`]));
    }
    this.options("place", this.places());
    this.options("order", Object.keys(ORDERS).filter((name) => name !== "place" || this.hasPlaces)
      .map((name) => [name, say(`order_${name}`)]), false);
    this.form.elements.text.placeholder = say("find_hint");
  }

  places() {
    const counts = new Map();
    for (const { place } of patches) {
      for (const length of [6, 9, 12]) {
        if (place.length >= length) {
          const code = place.slice(0, length);
          counts.set(code, (counts.get(code) || 0) + 1);
        }
      }
    }
    this.hasPlaces = counts.size > 0;
    return [...counts.keys()].sort().map((code) => {
      const name = data.places[code] || code;
      return [code, `${"　".repeat((code.length - 6) / 3)}${name} (${counts.get(code)})`];
    });
  }

  options(name, entries, any = true) {
    const select = this.form.elements[name], kept = select.value;
    if (any) entries.unshift(["", say("any")]);
    select.replaceChildren(...entries.map(([value, text]) => make("option", { value }, text)));
    if (entries.some(([value]) => value === kept)) select.value = kept;
    select.closest("label").hidden = any && entries.length < 3;
  }

  // The patches that are asked for, in the order that is asked for.
  taken() {
    const { elements } = this.form;
    const wanted = FACETS.map((name) => [name, elements[name].value]).filter(([, code]) => code);
    const place = elements.place.value, least = (Number(elements.area.value) || 0) * (2000 / 3);
    const words = elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (patch) => wanted.every(([name, code]) => patch[name] === code)
      && patch.place.startsWith(place) && patch.area >= least - 0.005
      && words.every((word) => haystack(patch).includes(word));
    const found = patches.filter(fits);
    found.sort((one, two) => ORDERS[elements.order.value](one, two) || one.number - two.number);
    return elements.reverse.getAttribute("aria-pressed") === "true" ? found.reverse() : found;
  }
}
