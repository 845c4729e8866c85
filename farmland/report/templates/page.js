// Everything together: the address, the language, the list, the map, paper.

const byId = (name) => document.getElementById(name);
const PRINTED = 1000; // rows of a list on paper

const page = {
  order: patches,
  parcelNames: null,

  start() {
    document.documentElement.classList.add("live");
    for (const element of document.querySelectorAll("[data-live]")) element.hidden = false;
    this.title = document.title;
    this.view = new PatchView(byId("patch"));
    if (patches.length) {
      this.choice = new Choice(byId("choice"), () => this.choose());
      this.list = new ClueList(byId("list"), (patch) => this.row(patch),
        (patch) => this.open(patch), (patch) => this.point(patch));
    } else byId("explore").classList.add("empty");
    this.startMap();
    for (const name of ["zh", "en"]) byId(name).addEventListener("change", () => this.word());
    window.addEventListener("hashchange", () => this.route());
    window.addEventListener("beforeprint", () => this.toPaper());
    window.addEventListener("afterprint", () => byId("printed").replaceChildren());
    document.addEventListener("click", (event) => this.click(event));
    document.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("DOMContentLoaded", () => this.arrived());
    this.word();
    this.route();
    performance.mark("interactive");
  },

  // The whole file is there: what was shown without its evidence is shown again.
  arrived() {
    if (this.list) this.list.again();
    this.route();
    const inside = blockOf("held");
    byId("inside").replaceChildren(...(patches.length && inside ? [inside[chosen()]] : []));
    performance.mark("arrived");
  },

  startMap() {
    const shapes = blockOf("shapes");
    byId("map").hidden = !shapes;
    if (!shapes) return;
    this.map = new AreaMap(byId("map"), shapes, {
      patch: (n) => ({
        colour: patches[n].colour,
        sure: patches[n].stage === "confirmed",
        ended: ENDED.has(patches[n].status),
      }),
      parcel: (status, over) => this.parcelLook(status, over),
      open: (n) => this.open(patches[n]),
      tell: (patch, parcel, across, down) => this.tell(patch, parcel, across, down),
    });
    const { map } = this;
    byId("closer").addEventListener("click", () => map.zoom(1.6));
    byId("further").addEventListener("click", () => map.zoom(1 / 1.6));
    byId("whole").addEventListener("click", () => map.fit(map.whole, 0.03));
    byId("pair").hidden = !map.pair;
    byId("line").addEventListener("input", (event) => {
      map.share = event.target.value / 100;
      map.soon();
    });
  },

  // Line and inside of a parcel; hardly any inside over a picture.
  parcelLook(status, over) {
    const colour = data.colours[status], name = data.statuses[status];
    if (over) return [`${colour}AA`, `${colour}08`];
    if (name === "stable") return ["#7FA67F", "#E6F0E4"];
    return [colour, `${colour}${name === "confirmed" || name === "candidate" ? "26" : "66"}`];
  },

  // What lies under the pointer.
  tell(patch, parcel, across, down) {
    const tip = byId("tip");
    tip.hidden = !(patch >= 0) && !(parcel >= 0);
    if (patch === null || tip.hidden) {
      tip.hidden = true;
      return;
    }
    if (patch >= 0) {
      const { colour, cover, area, mu, parcel: name, stage, status } = patches[patch];
      tip.replaceChildren(make("b", {}, swatch(colour), " ", sayCode("cover", cover)),
        ` ${sayCode("stage", stage)} `, decision(status), make("br"), sayArea(area, mu),
        make("br"), name);
    } else {
      this.parcelNames = this.parcelNames || blockOf("names");
      tip.replaceChildren(this.parcelNames[parcel], make("br"),
        sayCode("parcel", data.statuses[this.map.status[parcel]]));
    }
    tip.classList.toggle("low", across > this.map.width / 2);
    tip.style.left = `${across}px`;
    tip.style.top = `${down}px`;
  },

  row(patch) {
    const proof = proofOf(patch), place = placeName(patch.place);
    const [area, more] = areaOf(patch.area, patch.mu);
    return [make("div", { class: "first" }, swatch(patch.colour, patch.stage !== "confirmed"),
      make("b", {}, sayCode("cover", patch.cover)), badge(patch.stage), decision(patch.status),
      make("span", { class: "level", title: say("level") }, data.calibrated
        ? `${sayCode("level", patch.level)} ${patch.probability.toFixed(2)}`
        : sayCode("level", patch.level)),
      make("span", { class: "size" }, area, make("span", { class: "more" }, more))),
    make("div", { class: "second" }, make("span", { class: "name" },
      place ? `${patch.parcel} · ${place}` : patch.parcel),
    make("span", { class: "days" }, saySpan(patch.from, patch.to))),
    make("div", { class: "third" }, proof ? proof.reason[chosen()] : "")];
  },

  choose() {
    this.order = this.choice.taken();
    this.list.show(this.order);
    if (this.map) this.map.show(this.order.map((patch) => patch.number));
    const sumOf = (name) => this.order.reduce((sum, patch) => sum + patch[name], 0);
    byId("count").textContent = sayWith("found", { shown: this.order.length,
      total: patches.length, area: sayArea(sumOf("area"), sumOf("mu")) });
    byId("nothing").hidden = this.order.length > 0;
  },

  // The row of the list at hand is marked on the map.
  point(patch) {
    if (!this.map) return;
    this.map.marked = patch.number;
    this.map.soon();
  },

  open(patch) {
    location.hash = `p=${patch.id}`;
  },

  route() {
    const id = decodeURIComponent(location.hash.slice(1)), patch = patchById.get(id.slice(2));
    const opened = id.startsWith("p=") && patch ? patch : null;
    byId("patch").hidden = !opened;
    byId("overview").hidden = Boolean(opened);
    document.title = opened ? `${sayCode("cover", opened.cover)} · ${opened.parcel}` : this.title;
    if (opened) this.showPatch(opened);
    else if (this.opened) this.backToList();
    this.opened = opened;
  },

  showPatch(patch) {
    const place = this.order.indexOf(patch), fresh = this.opened !== patch;
    if (!this.opened) this.scrolled = window.scrollY;
    this.view.show(patch, place, this.order);
    if (!fresh) return;
    window.scrollTo(0, 0);
    byId("patch-title").focus({ preventScroll: true });
  },

  backToList() {
    window.scrollTo(0, this.scrolled || 0);
    if (this.map) this.map.resize();
    this.list.go(Math.max(0, this.order.indexOf(this.opened)), false);
    byId("list").focus({ preventScroll: true });
  },

  click(event) {
    const step = event.target.closest("[data-step]");
    if (step && step.dataset.step === "print") window.print();
  },

  key(event) {
    if (!this.opened || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") location.hash = "";
    if (event.target.closest("input, select")) return;
    const step = { ArrowLeft: "previous", ArrowRight: "next" }[event.key];
    const link = step && byId("patch").querySelector(`a[data-step=${step}]`);
    if (link) link.click();
  },

  word() {
    document.documentElement.lang = chosen() ? "zh-CN" : "en";
    this.title = say("title");
    for (const element of document.querySelectorAll("[data-label]")) {
      element.setAttribute("aria-label", say(element.dataset.label));
      element.title = say(element.dataset.label);
    }
    if (this.choice) {
      this.choice.word();
      this.choose();
    }
    this.route();
    if (document.readyState !== "loading") this.arrived();
  },

  // The list that is shown, row by row, because paper does not scroll.
  toPaper() {
    if (this.opened || !this.list) return;
    const rows = this.order.slice(0, PRINTED).map((patch, place) => [
      make("tr", {}, make("td", { class: "n" }, place + 1),
        make("td", {}, swatch(patch.colour), " ", sayCode("cover", patch.cover)),
        make("td", { class: "name" }, patch.parcel), make("td", {}, saySpan(patch.from, patch.to)),
        make("td", { class: "n" }, sayArea(patch.area, patch.mu)),
        make("td", {}, sayCode("level", patch.level)), make("td", {}, badge(patch.stage))),
      make("tr", { class: "why" }, make("td"),
        make("td", { colspan: 6 }, (proofOf(patch) || { reason: [] }).reason[chosen()]))]);
    const heads = ["became", "parcel", "when", "size", "level", "stage"];
    byId("printed").replaceChildren(make("h2", {}, say("list")),
      make("p", { class: "hint" }, byId("count").textContent, this.order.length > PRINTED
        ? ` ${sayWith("printed", { shown: PRINTED })}` : ""),
      make("table", { class: "list" }, make("thead", {}, make("tr", {}, make("th", { class: "n" }, "#"),
        ...heads.map((key) => make("th", { class: key === "size" ? "n" : null }, say(key))))),
      make("tbody", {}, ...rows.flat())));
  },
};

page.start();
