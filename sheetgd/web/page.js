"use strict";
// The runs of a page, and what changes them; the other scripts here draw, show and listen.
// Every number and every verdict comes from descent.js.
const page = JSON.parse(document.getElementById("lesson").textContent);
const runs = page.runs.map((_, at) => new Descent(page, program, {}, at));
const [first] = runs;
const titles = runs.map((each) => each.title);
const ROW_HEIGHT = 26;
const DIGITS = 6;
const ARROWS = Object.entries({ Up: [0, 1], Down: [0, -1], Left: [-1, 0], Right: [1, 0] });
const id = (name) => document.getElementById(name);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

let now = 0; // which run is shown
let chosen = 0; // which data row the editor shows
let cross = null; // where the map's cross is
let sides = []; // from where to where the map goes
let running = null; // since when and what of
let printing = false;
const dirty = new Set();
let spoken = 0;
let notice = ""; // what is to be said of the address
let cell = [0, 0];

const run = () => runs[now];
const raced = () => (id("race").checked ? runs : [run()]);
const rows = () => run().data.y.length;
const told = (value) => String(run().told(value, DIGITS));
const single = () => run().data.x.length === 1;
const names = () => run().run.parameters;
const hue = (which) => colour(`run-${which % 7}`);
const label = (name) => page.labels[name] ?? name;
// Where an arrow key goes, to the right and up; nothing for another key.
const arrow = (key) => ARROWS.find(([name]) => key === `Arrow${name}`)?.[1];

function element(tag, text = "", attributes = {}) {
  const found = document.createElement(tag);
  found.textContent = text;
  for (const [name, value] of Object.entries(attributes)) found.setAttribute(name, value);
  return found;
}

function options(select, values, value) {
  const there = [...select.options].map((each) => [each.value, each.text]).join();
  const pairs = values.map((each) => (Array.isArray(each) ? each : [each, each]));
  if (there !== pairs.join())
    select.replaceChildren(
      ...pairs.map(([name, text]) => element("option", text, { value: name })),
    );
  select.value = value;
}

// Numbers by name, of which `changed` is told. They are made anew for other names only, so that the
// focus stays where it is.
function numberInputs(box, values, changed) {
  const inputs = () => [...box.querySelectorAll("input")];
  const labelled = (name) => {
    const found = element("label", `${name} `);
    const input = element("input", "", { type: "number", step: "any", name });
    listen(input, () => changed(name, input.value));
    found.append(input);
    return found;
  };
  const there = inputs().map((each) => each.name);
  if (there.join() !== Object.keys(values).join())
    box.replaceChildren(...Object.keys(values).map(labelled));
  for (const input of inputs()) fill(input, values[input.name]);
}

function fill(input, value) {
  input.value = value;
  input.setCustomValidity("");
}

const listen = (input, change) => input.addEventListener("change", () => taken(input, change));

// Says nothing twice: a screen reader is told of every change.
function say(name, text) {
  if (id(name).textContent !== text) id(name).textContent = text;
}

// What a picture says of its place. A screen reader passes over a text whose number is the same.
function sayPlace(name, text) {
  const it = id(name);
  if (it.getAttribute("aria-valuetext") === text) return;
  it.setAttribute("aria-valuetext", text);
  it.setAttribute("aria-valuenow", Number(it.getAttribute("aria-valuenow")) + 1);
}

// What cannot be taken is marked, and not taken.
function taken(input, change) {
  try {
    change();
    input.setCustomValidity("");
  } catch {
    input.setCustomValidity(`${input.value} cannot be taken here`);
    input.reportValidity();
    if (input.tagName === "SELECT") touch("controls");
  }
}

// ---- What changes a run ----

const shares = (other) => names().every((each) => each in other.settings.start);

function set(name, value) {
  run().set(name, value);
  // All begin anew, so that they stay abreast; a start is that of all who have the parameters.
  for (const other of raced())
    if (other !== run()) {
      const shared = name === "start" && shares(other);
      other.set(...(shared ? [name, value] : ["learning_rate", other.settings.learning_rate]));
    }
  changed();
}

// Gives the runs that are now shown the data that were seen before.
function carry(data) {
  for (const each of raced())
    if (JSON.stringify(each.data) !== JSON.stringify(data)) each.setData(data);
}

const ended = () => raced().every((each) => each.stopped);

// Takes one way of moving on with every run that is shown; false where all have ended.
function move(way) {
  if (ended() && (way === "step" || way === "epoch")) return false;
  for (const each of raced()) each[way]();
  touch("data", "map", "curve", "state", "table");
  if (!running) touchSurface();
  return true;
}

function act(way) {
  pause();
  move(way);
  if (way === "back") changed(false);
  remember(false);
}

function changed(keep = true) {
  chosen = Math.min(chosen, rows() - 1);
  touch("data", "map", "curve", "state", "table", "controls", "surface");
  if (keep) remember(true);
}

function touch(...what) {
  for (const each of what) dirty.add(each);
}

// The map is of the parameters that it leaves out as they are now.
function touchSurface() {
  if (names().length > over.length) touch("surface");
}

function start() {
  running = { since: performance.now(), done: 0 };
  shownRunning();
}

function pause() {
  if (!running) return;
  running = null;
  shownRunning();
  touch("table", "state");
  touchSurface();
  remember(false);
}

function shownRunning() {
  id("run").textContent = running ? "Pause" : "Run";
  id("run").setAttribute("aria-pressed", String(Boolean(running)));
}

// ---- The address ----

// A seed says where a run starts.
const isDrawn = (name, seed) => name === "start" && seed !== null;

function remember(anew) {
  const { settings, data } = run();
  const { epochs, row } = raced().reduce((one, each) => (each.epochs > one.epochs ? each : one));
  const given = run().run.settings;
  const found = new URLSearchParams();
  notice = "";
  for (const [name, value] of Object.entries(settings))
    if (JSON.stringify(value) !== JSON.stringify(given[name]) && !isDrawn(name, settings.seed))
      found.set(name, typeof value === "object" ? JSON.stringify(value) : value);
  if (!run().isAsGiven) found.set("data", JSON.stringify([...data.x, data.y]));
  const place = { run: now, epoch: epochs, row, race: Number(id("race").checked) };
  for (const [name, value] of Object.entries(place)) if (value) found.set(name, value);
  const hash = `#${found}`;
  if (hash === (location.hash || "#")) return;
  try {
    history[anew ? "pushState" : "replaceState"](null, "", hash);
  } catch {
    // A page inside another document has no address of its own.
  }
}

function recall() {
  const found = new Map(new URLSearchParams(location.hash.slice(1)));
  const numbered = (name) => Number(found.get(name)) || 0;
  running = null;
  shownRunning();
  now = Math.max(0, Math.min(Math.floor(numbered("run")), runs.length - 1));
  id("race").checked = numbered("race") === 1;
  const parsed = (value) =>
    /^[[{]/.test(value) ? JSON.parse(value) : value === "null" ? null : value;
  try {
    const data = found.has("data") ? JSON.parse(found.get("data")) : [...page.data.x, page.data.y];
    const [x, y] = [data.slice(0, -1), data.at(-1)];
    carry({ x, y });
    for (const each of raced()) {
      const given = each.run.settings;
      // A start is that of all who have the parameters; all else is the shown run's.
      const wanted = (name) =>
        found.has(name) && (each === run() || (name === "start" && shares(each)))
          ? parsed(found.get(name))
          : given[name];
      for (const name of new Set(["optimizer", "loss", ...Object.keys(given)]))
        if (JSON.stringify(each.settings[name]) !== JSON.stringify(wanted(name)))
          if (!isDrawn(name, found.has("start") ? null : wanted("seed")))
            each.set(name, wanted(name));
      each.jump(Math.min(numbered("epoch"), 1e5));
      for (let row = Math.min(numbered("row"), rows() - 1); row > 0; row--) each.step();
    }
  } catch {
    notice = "Not all of this address could be read.";
  }
  for (const each of runs) each.forget();
  changed(false);
}

// ---- The data by hand ----

function choose(row) {
  if (!(Number.isInteger(row) && row >= 0 && row < rows())) throw new RangeError("row");
  chosen = row;
  touch("data", "controls");
}

// Changes a copy of all columns, y the last of them.
function edit(change) {
  const all = [...run().data.x, run().data.y].map((each) => [...each]);
  change(all);
  for (const each of raced()) each.setData({ x: all.slice(0, -1), y: all.at(-1) });
  changed();
}

const place = (row, values) =>
  edit((all) => {
    for (const [at, value] of Object.entries(values)) all[at][row] = value;
  });

const add = (values) =>
  edit((all) => {
    for (const [at, each] of all.entries()) each.push(values ? values[at] : each[chosen]);
    chosen = all[0].length - 1;
  });

const removeRow = () => rows() > 1 && edit((all) => all.map((each) => each.splice(chosen, 1)));
