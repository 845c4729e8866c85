// The page of one patch: pictures, curve, facts.

const proofs = new Map();

// What is told of a patch beyond its row; null until that part of the file has arrived.
function proofOf(patch) {
  if (!proofs.has(patch.number)) {
    const proof = blockOf(`e${patch.number}`);
    if (!proof) return null;
    if (proofs.size > 400) proofs.clear();
    proofs.set(patch.number, proof);
  }
  return proofs.get(patch.number);
}

function chipPicture(chip) {
  return draw("svg", { viewBox: `0 0 ${chip.width} ${chip.height}`, role: "img",
    "aria-label": `${say(chip.side)}, ${sayDay(chip.day)}` },
  draw("image", { class: "pixels", href: `data:image/webp;base64,${chip.data}`,
    width: chip.width, height: chip.height, preserveAspectRatio: "none" }),
  draw("path", { class: "rim", d: chip.outline }), draw("path", { class: "line", d: chip.outline }));
}

// Two pictures on top of each other; the line between them follows the hand or the arrow keys.
function swipe(left, right, share, moved) {
  const over = make("div", { class: "over" }, chipPicture(left));
  const line = make("div", { class: "divider", "aria-hidden": "true" });
  const handle = make("input", { type: "range", min: 0, max: 100, value: share,
    "aria-label": say("swipe") });
  const place = () => {
    over.style.clipPath = `inset(0 ${100 - handle.value}% 0 0)`;
    line.style.left = `${handle.value}%`;
    moved(handle.value);
  };
  handle.addEventListener("input", place);
  const box = make("div", { class: "swipe" }, make("div", { class: "under" }, chipPicture(right)),
    over, handle, line,
    make("span", { class: "corner left" }, `${say(left.side)} ${sayDay(left.day)}`),
    make("span", { class: "corner right" }, `${say(right.side)} ${sayDay(right.day)}`));
  box.style.aspectRatio = `${left.width} / ${left.height}`;
  place();
  return box;
}

function caption(chip) {
  return make("figcaption", {}, make("b", {}, say(chip.side)), ` ${sayDay(chip.day)}`,
    make("span", { class: "id" }, chip.item));
}

class PatchView {
  constructor(box) {
    this.box = box;
    this.share = 50;
    this.side = null;
  }

  show(patch, place, order) {
    if (this.patch !== patch) this.side = null;
    this.patch = patch;
    const proof = proofOf(patch);
    this.box.replaceChildren(
      this.trail(place, order),
      make("article", {},
        make("h2", { tabindex: -1, id: "patch-title" }, swatch(patch.colour), " ",
          sayCode("cover", patch.cover), " ", badge(patch.stage), decision(patch.status),
          make("span", { class: "level" }, `${say("level")} ${sayCode("level", patch.level)}`),
          make("span", { class: "id" }, patch.id)),
        make("p", { class: "reason" }, proof ? proof.reason[chosen()] : say("loading")),
        make("div", { class: "proof" }, proof && this.pictures(proof),
          make("div", { class: "beside" }, proof && this.curve(proof),
            make("dl", { class: "facts small" }, ...this.facts(patch, proof)))),
        proof && proof.parts.length ? this.parts(proof.parts) : null,
        this.check()));
  }

  trail(place, order) {
    const step = (to, key, sign) => order[to] === undefined
      ? make("span", { class: "button off", "aria-disabled": "true" }, sign)
      : make("a", { class: "button", href: `#p=${order[to].id}`, "aria-label": say(key),
        "data-step": key }, sign);
    return make("nav", { class: "trail", "aria-label": say("trail") },
      make("a", { class: "button", href: "#", "data-step": "back" }, `← ${say("back")}`),
      make("span", { class: "soft" },
        place < 0 ? "" : sayWith("shown", { shown: place + 1, total: order.length })),
      place < 0 ? null : [step(place - 1, "previous", "‹"), step(place + 1, "next", "›")],
      make("button", { type: "button", class: "button", "data-step": "print" }, say("print")));
  }

  pictures(proof) {
    const [first, ...others] = proof.chips;
    if (!first) {
      const words = make("div", { class: "blank" }, say(
        proof.left_out ? "left_out" : proof.taken ? "no_chip" : "not_taken"));
      const link = proof.beside && make("p", { class: "hint" }, make("a", {
        href: `chips/${this.patch.id}.png` }, sayWith("beside", { file: `chips/${this.patch.id}.png` })));
      return make("div", { class: "pictures" }, words, link || null);
    }
    const alike = others.filter((chip) => chip.where === first.where);
    const right = alike.find((chip) => chip.side === this.side) || alike[alike.length - 1];
    const strip = proof.chips.map((chip) => {
      const picture = alike.length > 1 && alike.includes(chip)
        ? make("button", { type: "button", "aria-pressed": String(chip === right),
          "data-side": chip.side }, chipPicture(chip)) : make("div", {}, chipPicture(chip));
      return make("figure", { class: "chip" }, picture, caption(chip));
    });
    const film = make("div", { class: "film" }, ...strip);
    film.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      this.side = button.dataset.side;
      const fresh = this.pictures(proof);
      this.box.querySelector(".pictures").replaceWith(fresh);
      fresh.querySelector(`[data-side=${this.side}]`).focus();
    });
    return make("div", { class: "pictures" },
      right ? swipe(first, right, this.share, (share) => { this.share = share; }) : null, film,
      make("p", { class: "hint" }, say("in_scale")));
  }

  curve(proof) {
    return make("div", { class: "ndvi" },
      proof.curve ? curvePicture(proof.curve, this.patch) : make("div", { class: "blank" },
        say("no_curve")),
      proof.curve ? curveKey(this.patch.colour) : null);
  }

  facts(patch, proof) {
    const fact = (key, value) => (value === null || value === undefined || value === "" ? null
      : make("div", {}, make("dt", {}, say(key)), make("dd", {}, value)));
    const { was, share, looks, code, rule, scenes } = proof || { looks: [], scenes: [] };
    return [fact("parcel", patch.parcel), fact("place", placeName(patch.place)),
      fact("size", sayArea(patch.area, patch.mu)),
      fact("share", share === null || share === undefined ? null : `${Math.round(100 * share)} %`),
      fact("when", saySpan(patch.from, patch.to)),
      fact("confirmed_on", patch.confirmed && sayDay(patch.confirmed)),
      fact("was", was && sayCode("cover_before", was)),
      fact("looks", looks[0] === null || looks[0] === undefined ? null : `${looks[0]} / ${looks[1]}`),
      fact("probability", data.calibrated ? patch.probability.toFixed(2) : null),
      fact("class", sayCode("policy_class", patch.policy_class)),
      fact("code", sayCode("land_class", code)), fact("rule", rule), fact("case", sayCode("status", patch.status)),
      fact("scene_before", scenes[0]), fact("scene_after", scenes[1])];
  }

  // The patch by kind of land.
  parts(parts) {
    const known = (name) => parts.some((part) => part[name] !== null);
    const sayYes = (value) => (value === null ? say("no_day") : say(value ? "yes" : "no"));
    const columns = [["land", (part) => sayCode("land", part.land)],
      ["code_before", (part) => sayCode("land_class", part.survey_code) || say("no_day"), known("survey_code")],
      ...["approved", "redline", "grain_zone", "legacy"].map((name) =>
        [name, (part) => sayYes(part[name]), known(name)]),
      ["item", (part) => part.item, known("item")],
      ["size", (part) => sayArea(part.area_m2)]].filter(([, , shown]) => shown !== false);
    return make("div", { class: "parts" }, make("h3", { class: "plain" }, say("parts")),
      make("table", {}, make("thead", {}, make("tr", {},
        ...columns.map(([key]) => make("th", { scope: "col" }, say(key))))),
      make("tbody", {}, ...parts.map((part) => make("tr", {},
        ...columns.map(([, cell]) => make("td", {}, cell(part))))))));
  }

  check() {
    return make("p", { class: "check" }, make("b", {}, say("field")),
      ` ☐ ${say("agreed")}　☐ ${say("not_agreed")}　${say("who")} `, make("u"),
      ` ${say("on")} `, make("u"));
  }
}
