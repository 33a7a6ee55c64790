// The page: the settings in the address, and everything drawn from them.
"use strict";

const explorer = (() => {
  const find = (selector) => document.querySelector(selector);
  const config = JSON.parse(find("#data").textContent);
  let state = model.defaults(), found = null, layers = stack.read(stack.BEGIN);

  const controls = new Controls(find("#settings"), (patch) => change({...state, ...patch}));
  const stage = new Stage(find("#stage"), setNumber);
  stage.pointed = ({of, cell}) => { // the rulers' lines are windows; of other operations inputs
    const lines = state.operation.match(/transpose|upsample/) ? "x" : "y";
    rulers.point(document.querySelectorAll("#size .ruler-box"), of === lines ? cell : null);
  };

  function change(next) {
    state = next;
    writeHash();
    render();
  }

  // A number that was typed into a cell: the others stay what they are.
  function setNumber(name, place, value) {
    const named = name === "x" ? numbers.INPUTS : numbers.KERNELS;
    const sizes = name === "x" ? [state.channels, ...state.size] : model.weightShape(state);
    const values = numbers.make(state[name], sizes, named);
    const row = place.slice(0, -1).reduce((part, i) => part[i], values);
    row[place.at(-1)] = value;
    change({...state, [name]: {kind: "given", values}});
  }

  // Links

  function hash() {
    const layersText = stack.written(layers);
    return "#" + model.toHash(state) + (stage.isHidden ? "&hide=y" : "") +
      (layersText === stack.BEGIN ? "" : `&stack=${layersText}`);
  }

  function writeHash() {
    try {
      history.replaceState(null, "", hash());
    } catch { // an address that cannot be changed, such as that of a frame in a notebook
    }
  }

  function readHash(text) {
    const parts = text.replace(/^#/, "").split("&");
    const own = parts.filter((part) => part.startsWith("stack="));
    const problems = [];
    layers = stack.read(stack.BEGIN);
    try {
      if (own.length) layers = stack.read(decodeURIComponent(own[0].slice(6)));
    } catch (error) {
      problems.push(error.message);
    }
    stage.isHidden = parts.includes("hide=y");
    const rest = parts.filter((part) => !part.startsWith("stack=") && part !== "hide=y");
    const read = model.fromHash(rest.join("&"));
    state = read.state;
    stage.forget();
    tellProblems([...problems, ...read.problems]);
    render();
  }

  function tellProblems(problems) {
    const place = find("#problems");
    place.hidden = !problems.length;
    place.textContent = problems.length
      ? `The link could not be read in full: ${problems.join("; ")}.` : "";
  }

  // Drawing

  function render() {
    controls.show(state);
    const refusal = find("#refusal");
    try {
      found = model.run(state);
      refusal.hidden = true;
    } catch (error) {
      if (!(error instanceof SizeError)) throw error;
      found = null;
      refusal.hidden = false;
      find("#refusal .message").textContent = error.message;
    }
    find("#results").classList.toggle("refused", !found);
    sections.size(find("#size .parts"), model.settled(state), found);
    for (const part of document.querySelectorAll("[data-needs=result]")) part.hidden = !found;
    const transposed = state.operation === "conv_transpose2d";
    find("#zeros").hidden = !found || !transposed || stage.isHidden; // it would tell the answer
    find("#hide").checked = stage.isHidden;
    if (found) {
      find("#stage .caption").textContent = words.caption(found);
      stage.draw(found);
      if (transposed) sections.zeroInsertion(find("#zeros"), found);
      sections.counts(find("#counts"), found);
    }
    find("#layers .parts").replaceChildren();
    stack.show(find("#layers .parts"), layers, (next) => {
      layers = next;
      writeHash();
      render();
    });
    showPresets();
    find("#link").value = location.href.split("#")[0] + hash();
  }

  const sameSetting = (link) =>
    model.toHash(model.fromHash("#" + link).state) === model.toHash(state);

  function showPresets() {
    let told = "";
    for (const link of document.querySelectorAll("#presets a")) {
      const preset = presets.all[Number(link.dataset.preset)];
      const here = sameSetting(preset.link);
      if (here) told = preset.told;
      link.toggleAttribute("aria-current", here);
    }
    find("#told").textContent = told;
    find("#told").hidden = !told;
  }

  function buildPresets() {
    presets.all = [...presets.WORKED, ...presets.SIGHTS];
    presets.all.forEach((preset, i) => {
      const link = minigrad.element("a", {href: "#" + preset.link, "data-preset": i}, preset.name);
      const list = presets.WORKED.includes(preset) ? "#worked" : "#sights";
      find(list).append(minigrad.element("li", {}, link));
      link.addEventListener("click", (event) => {
        event.preventDefault();
        tellProblems([]);
        stage.forget();
        change(model.fromHash("#" + preset.link).state);
      });
    });
  }

  find("main").classList.add("wide");
  buildPresets();
  find("#shade").addEventListener("change", (event) =>
    find("#stage").classList.toggle("shaded", event.target.checked));
  find("#hide").addEventListener("change", (event) => {
    stage.isHidden = event.target.checked;
    change(state);
  });
  find("#copy").addEventListener("click", async () => {
    find("#link").select();
    try {
      await navigator.clipboard.writeText(find("#link").value);
      find("#copied").textContent = "copied";
    } catch {
      find("#copied").textContent = "marked; copy it with the keyboard";
    }
  });
  window.addEventListener("hashchange", () => readHash(location.hash));
  let width = 0;
  new ResizeObserver(() => { // the rulers are as wide as there is room
    const now = find("#size").clientWidth;
    if (width && now !== width) {
      grids.measure(now);
      sections.size(find("#size .parts"), model.settled(state), found);
      for (const place of document.querySelectorAll("#stage .parts, #zeros .parts")) {
        grids.fit(place);
      }
    }
    width = now;
  }).observe(find("#size"));
  readHash(location.hash.length > 1 ? location.hash : config.start);

  return {change, hash, get found() { return found; }, get state() { return state; }};
})();
