/* The player of each scene, the tabs, and the keys. */
"use strict";
(function (minigrad) {
  const element = minigrad.element;
  const PACE = 1100; // milliseconds a step when playing

  class Player {
    constructor(scene, holder) {
      this.scene = scene;
      this.holder = holder;
      this.at = scene.start;
      this.fine = scene.entries.length === 1; // one cell alone is told product by product
      this.steps = scene.steps(this.fine);
      this.stage = new minigrad.Stage(scene, {
        onPoint: (array, cell) => this.point(array, cell),
        onChoose: (array, cell) => this.choose(array, cell),
        onTurn: () => this.draw(true),
      });
      this.caption = element("p", { class: "caption" });
      this.live = element("p", { class: "visually-hidden", "aria-live": "polite" });
      this.terms = element("ol", { class: "terms", "aria-label": "terms, in the kernel's order" });
      const told = element("div", { class: "told" }, this.caption, this.terms, this.live);
      holder.append(this.stage.element, told);
      if (this.steps.length) holder.append(this.makeControls());
      this.draw();
    }

    makeControls() {
      const button = (name, text, label, action) => {
        const made = element("button", { type: "button", class: name, "aria-label": label }, text);
        made.addEventListener("click", action);
        return made;
      };
      this.playButton = button("play", "Play", "Play", () => this.toggle());
      const buttons = element("div", { class: "buttons" },
        button("first", "⇤", "First step", () => this.go(0)),
        button("back", "←", "Step back", () => this.go(this.at - 1)),
        this.playButton,
        button("forth", "→", "Step forward", () => this.go(this.at + 1)),
        button("last", "⇥", "Last step", () => this.go(this.steps.length - 1)));
      this.slider = element("input", { type: "range", min: 0, class: "slide", step: 1,
        "aria-label": "Step" });
      this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
      this.slider.addEventListener("keydown", (event) => event.stopPropagation());
      const box = element("div", { class: "controls", role: "group", "aria-label": "Steps" },
        this.slider, buttons);
      if (this.scene.steps(true).length > this.scene.steps(false).length) {
        const word = this.scene.verb === "max" ? "value" : "product";
        this.mode = element("input", { type: "checkbox", class: "fine" });
        this.mode.checked = this.fine;
        this.mode.addEventListener("change", () => this.refine(this.mode.checked));
        box.append(element("label", {}, this.mode, `one ${word} a step`));
      }
      const keys = element("p", { class: "keys" });
      const pairs = [["←", ""], ["→", " step "], ["Home", ""], ["End", " first, last "],
        ["Space", " play. Point at a cell to see where it comes from or goes to."]];
      for (const [key, text] of pairs) keys.append(element("kbd", {}, key), text || " ");
      this.holder.after(keys);
      return box;
    }

    refine(fine) {
      const step = this.steps[this.at];
      this.fine = fine;
      this.steps = this.scene.steps(fine);
      const same = (other) => (step.landed ? other.key === step.key : other.entry === step.entry);
      this.at = Math.max(0, this.steps.findIndex(same));
      this.draw();
    }

    go(at) {
      const there = Math.max(0, Math.min(at, this.steps.length - 1));
      if (there === this.at) return;
      this.at = there;
      this.draw();
    }

    toggle() {
      if (this.timer) { this.pause(); return; }
      if (this.at === this.steps.length - 1) this.go(0);
      this.playButton.textContent = "Pause";
      this.playButton.setAttribute("aria-label", "Pause");
      this.timer = setInterval(() => {
        if (this.at >= this.steps.length - 1) this.pause();
        else this.go(this.at + 1);
      }, PACE);
    }

    pause() {
      clearInterval(this.timer);
      this.timer = null;
      if (this.playButton) {
        this.playButton.textContent = "Play";
        this.playButton.setAttribute("aria-label", "Play");
      }
    }

    /* The current step. */
    draw(stay) {
      const { scene, stage } = this;
      stage.clear();
      if (!this.steps.length) {
        this.say({ caption: ["Point at a cell, or walk there with the arrow keys."], chips: [] });
        return;
      }
      const step = this.steps[this.at];
      const known = scene.shown(this.steps, this.at);
      if (known) stage.fill(scene.output, known);
      if (step.landed) this.markLanded(step, stay);
      else this.markCell(step.entry, step.upTo, step.count !== undefined, stay);
      const told = minigrad.told(scene, step);
      const number = `Step ${this.at + 1} of ${this.steps.length}`;
      told.caption.unshift(element("span", { class: "count" }, number));
      this.say(told);
      this.slider.max = this.steps.length - 1;
      this.slider.value = this.at;
      this.slider.setAttribute("aria-valuetext", number);
      this.live.textContent = this.timer ? "" : this.caption.textContent;
      this.holder.dataset.step = this.at;
    }

    say({ caption, chips }) {
      this.caption.replaceChildren(...caption);
      this.terms.replaceChildren(...chips);
      this.terms.hidden = !chips.length;
      this.terms.tabIndex = this.terms.scrollHeight > this.terms.clientHeight + 4 ? 0 : -1;
      const now = this.terms.querySelector(".is-now");
      if (now) this.terms.scrollTop = now.offsetTop - this.terms.offsetTop - 40;
    }

    /* An output cell, its window and its weights. */
    markCell(entry, upTo, fine, stay) {
      const { scene, stage } = this;
      const { input, weight, output } = scene;
      const current = fine ? entry.terms[upTo - 1] : null;
      const near = current ? [current, ...entry.terms] : entry.terms;
      if (!stay) {
        stage.show({
          [output.name]: [entry.cell],
          ...(input && { [input.name]: [...near, ...entry.taps].map((term) => term.input) }),
          ...(weight && { [weight.name]: near.map((term) => term.weight) }),
        });
      }
      const corner = (w) => (scene.bare ? "" : minigrad.times(w));
      for (const tap of entry.taps) stage.mark(input, tap.input, "window", corner(tap.w));
      entry.terms.forEach((term, k) => {
        let mark = "window";
        if (fine && k < upTo - 1) mark = "done";
        if (fine && k === upTo - 1) mark = "now";
        if (k === entry.winner && upTo > k) mark = "won";
        stage.mark(input, term.input, mark, corner(term.w));
        if (weight && term.weight) stage.mark(weight, term.weight, mark);
      });
      if (entry.startCell) this.markNamed(entry.startCell[0], entry.startCell[1]);
      for (const step of entry.steps) step.slice(1, 3).forEach((side) => this.markSource(side));
      stage.mark(output, entry.cell, "now");
    }

    markNamed(name, cell) {
      const array = this.scene.array(name);
      if (array) this.stage.mark(array, cell, "window");
    }

    /* "x[0, 0, 1, 2]", an operand of a recorded operation. */
    markSource(text) {
      const found = typeof text === "string" && text.match(/^(\w+)\[([\d, -]+)\]$/);
      if (found) this.markNamed(found[1], found[2].split(",").map(Number));
    }

    /* An input cell that scatters, and where its products land. */
    markLanded(step, stay) {
      const { input, weight, output } = this.scene;
      const current = step.landed[step.upTo - 1];
      const fine = step.count !== undefined;
      const order = fine ? [current, ...step.landed] : step.landed;
      if (!stay) {
        this.stage.show({
          [input.name]: [step.pixel],
          [output.name]: order.map((one) => one.entry.cell),
          [weight.name]: order.map((one) => one.term.weight),
        });
      }
      this.stage.mark(input, step.pixel, "now");
      step.landed.forEach(({ entry, term }, k) => {
        const here = fine && k === step.upTo - 1;
        if (fine && k > step.upTo - 1) return;
        const mark = here ? "now" : "window";
        this.stage.mark(output, entry.cell, mark, minigrad.signed(term.product));
        this.stage.mark(weight, term.weight, mark);
      });
    }

    /* A cell that is pointed at: an output shows where it comes from, a factor where it goes. */
    point(array, cell) {
      if (this.timer) return;
      if (cell === null) { this.draw(true); return; }
      const key = minigrad.key(cell);
      const { scene, stage } = this;
      if (array.role === "output") {
        const entry = scene.entry(key);
        if (!entry) return;
        stage.clear();
        this.markCell(entry, entry.terms.length, false, true);
        this.say(minigrad.toldCell(scene, entry));
        return;
      }
      if (array.role === "given" || scene.verb === "steps") return;
      stage.clear();
      for (const { entry, term } of scene.goes(array, key)) {
        const sign = scene.bare ? "" : minigrad.times(term.w);
        const other = array.role === "weight";
        stage.mark(scene.output, entry.cell, "goes", other || !scene.weight ? "" : sign);
        if (other) stage.mark(scene.input, term.input, "goes");
        else if (term.weight && scene.weight) stage.mark(scene.weight, term.weight, "goes");
      }
      stage.mark(array, cell, "from");
      this.say(minigrad.toldUse(scene, array, cell));
    }

    /* A click on an output goes to its step; on a pixel that scatters, to that pixel's. */
    choose(array, cell) {
      const key = minigrad.key(cell);
      const at = this.steps.findIndex((step) => (step.landed
        ? array.role === "input" && step.key === key
        : array.role === "output" && step.entry.key === key));
      if (at >= 0) {
        this.pause();
        this.at = at;
        this.draw();
      } else this.point(array, cell);
    }
  }

  const data = JSON.parse(document.getElementById("data").textContent);
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const panels = tabs.map((tab) => document.getElementById(tab.getAttribute("aria-controls")));
  const players = new Map();
  minigrad.players = players; // for the tests, and for curious readers
  minigrad.currentScene = () => panels[current].id.replace(/^scene-/, "");
  let current = 0;

  /* A player is made when its panel is first seen. */
  function player(number) {
    const name = panels[number].id.replace(/^scene-/, "");
    const found = data.scenes.find((scene) => scene.name === name);
    if (!found) return null;
    if (!players.has(name)) {
      const holder = panels[number].querySelector(".player");
      players.set(name, new Player(new minigrad.Scene(found, data.trace), holder));
    }
    return players.get(name);
  }

  function select(number, focus) {
    const before = player(current);
    if (before) before.pause();
    current = number;
    tabs.forEach((tab, k) => {
      tab.setAttribute("aria-selected", String(k === number));
      tab.tabIndex = k === number ? 0 : -1;
      panels[k].hidden = k !== number;
    });
    player(number);
    if (focus) tabs[number].focus();
  }

  tabs.forEach((tab, number) => {
    panels[number].tabIndex = -1;
    tab.addEventListener("click", (event) => {
      select(number, false);
      // After a click with the mouse the arrow keys step; from the keyboard they change tabs.
      if (event.detail > 0) panels[number].focus({ preventScroll: true });
    });
    tab.addEventListener("keydown", (event) => {
      const last = tabs.length - 1;
      const there = {
        ArrowRight: number === last ? 0 : number + 1, ArrowLeft: number === 0 ? last : number - 1,
        Home: 0, End: last,
      }[event.key];
      if (there === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      select(there, true);
    });
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const now = player(current);
    if (!now || !now.steps.length) return;
    const onButton = event.target.closest("button, input, select, a");
    const move = {
      ArrowLeft: () => now.go(now.at - 1), ArrowRight: () => now.go(now.at + 1),
      Home: () => now.go(0), End: () => now.go(now.steps.length - 1),
      " ": onButton ? null : () => now.toggle(),
    }[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  });

  const asked = tabs.findIndex((tab) => tab.id === `tab-${location.hash.slice(1)}`);
  select(Math.max(asked, 0), false);
  document.documentElement.dataset.ready = "true";
})(window.minigrad);
