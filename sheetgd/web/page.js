"use strict";
// The runs of a page, and what changes them; the other scripts here draw, show and listen.
// Every number and every verdict comes from descent.js.
const page = JSON.parse(document.getElementById("lesson").textContent);
const runs = page.runs.map((_, at) => new Descent(page, program, {}, at));
const [first] = runs;
const titles = runs.map((each) => each.title);
const SPEEDS = [
  ["1 row a second", 1, "step"],
  ["10 rows a second", 10, "step"],
  ["2 epochs a second", 2, "epoch"],
  ["20 epochs a second", 20, "epoch"],
  ["60 epochs a second", 60, "epoch"],
];
const ROW_HEIGHT = 26;
const DIGITS = 6;
const id = (name) => document.getElementById(name);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

let now = 0; // which run is shown
let chosen = 0; // which data row the editor shows
let cross = null; // where the map's cross is
let sides = []; // from where to where the map goes
let running = null; // since when and what of
const dirty = new Set();
let spoken = 0;
let cell = [0, 0];

const run = () => runs[now];
const raced = () => (id("race").checked ? runs : [run()]);
const rows = () => run().data.y.length;
const told = (value) => String(run().told(value, DIGITS));
const single = () => run().data.x.length === 1;
const names = () => run().run.parameters;
const hue = (which) => colour(`run-${which % 7}`);
const label = (name) => page.labels[name] ?? name;

function element(tag, text = "", attributes = {}) {
  const found = document.createElement(tag);
  found.textContent = text;
  for (const [name, value] of Object.entries(attributes)) found.setAttribute(name, value);
  return found;
}

function options(select, values, value) {
  const there = [...select.options].map((each) => each.value).join();
  const pairs = values.map((each) => (Array.isArray(each) ? each : [each, each]));
  if (there !== pairs.map((each) => each[0]).join())
    select.replaceChildren(
      ...pairs.map(([name, text]) => element("option", text, { value: name })),
    );
  select.value = value;
}

// A labelled number that is told where it changes; what cannot be taken is marked, and not taken.
function numberInput(text, value, changed, more = {}) {
  const found = element("label", `${text} `);
  const input = element("input", "", { type: "number", step: "any", ...more });
  input.value = value;
  input.addEventListener("change", () => taken(input, () => changed(input.value)));
  found.append(input);
  return found;
}

function taken(input, change) {
  try {
    change();
    input.setCustomValidity("");
  } catch {
    // The run refuses what is no number, or not one for this.
    input.setCustomValidity(`${input.value} cannot be taken here`);
    input.reportValidity();
  }
}

// ---- What changes a run ----

function set(name, value) {
  run().set(name, value);
  // All begin anew, so that they stay abreast; a start is that of all who have the parameters.
  for (const other of raced())
    if (other !== run()) {
      const shared =
        name === "start" && Object.keys(value).every((each) => each in other.settings.start);
      other.set(...(shared ? [name, value] : ["learning_rate", other.settings.learning_rate]));
    }
  changed();
}

function setData(x, y) {
  for (const each of raced()) each.setData({ x, y });
  chosen = Math.min(chosen, y.length - 1);
  changed();
}

// Gives the runs that are now shown the data that were seen before.
function carry(data) {
  for (const each of raced())
    if (JSON.stringify(each.data) !== JSON.stringify(data)) each.setData(data);
}

// Takes one way of moving on with every run that is shown; false where all have ended.
function move(way) {
  const moved = raced().map((each) => each[way]());
  touch("data", "map", "curve", "state", "table");
  if (names().length > over.length && !running) touch("surface");
  return moved.some((each) => each !== false);
}

function act(way) {
  pause();
  move(way);
  if (way === "back") changed(false);
  remember(false);
}

function changed(keep = true) {
  touch("data", "map", "curve", "state", "table", "controls", "surface");
  if (keep) remember(true);
}

function touch(...what) {
  for (const each of what) dirty.add(each);
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
  if (names().length > over.length) touch("surface");
  remember(false);
}

function shownRunning() {
  id("run").textContent = running ? "Pause" : "Run";
  id("run").setAttribute("aria-pressed", String(Boolean(running)));
}

// ---- The address ----

function remember(anew) {
  const { settings, data, epochs, row } = run();
  const given = run().run.settings;
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(settings))
    if (JSON.stringify(value) !== JSON.stringify(given[name]))
      found.set(name, typeof value === "object" ? JSON.stringify(value) : value);
  if (!run().isAsGiven) found.set("data", JSON.stringify([...data.x, data.y]));
  for (const [name, value] of Object.entries({
    run: now,
    epoch: epochs,
    row,
    race: Number(id("race").checked),
  }))
    if (value) found.set(name, value);
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
  pause();
  now = Math.max(0, Math.min(Math.floor(numbered("run")), runs.length - 1));
  id("race").checked = numbered("race") === 1;
  const parsed = (value) =>
    /^[[{]/.test(value) ? JSON.parse(value) : value === "null" ? null : value;
  try {
    const data = found.has("data") ? JSON.parse(found.get("data")) : [...page.data.x, page.data.y];
    const [x, y] = [data.slice(0, -1), data.at(-1)];
    carry({ x, y });
    const given = run().run.settings;
    const order = ["optimizer", "loss", ...Object.keys(given)];
    for (const name of new Set(order)) {
      // The seed says where a run starts, unless a start is given.
      if (name === "seed" && found.has("start")) continue;
      const value = found.has(name) ? parsed(found.get(name)) : given[name];
      if (JSON.stringify(run().settings[name]) !== JSON.stringify(value)) run().set(name, value);
    }
    for (const each of raced()) {
      each.jump(Math.min(numbered("epoch"), 1e5));
      for (let row = numbered("row"); row > 0; row--) each.step();
    }
  } catch {
    // An address that was mistyped: the lesson as far as it could be read.
    id("status").textContent = "Not all of this address could be read.";
  }
  changed(false);
}

// ---- The data by hand ----

function choose(row) {
  if (!(row >= 0 && row < rows())) throw new RangeError("row");
  chosen = row;
  touch("data", "controls");
}

function place(row, at, value, more = {}) {
  const all = [...run().data.x, run().data.y].map((each) => [...each]);
  for (const [column, number] of Object.entries({ [at]: value, ...more }))
    all[column][row] = number;
  setData(all.slice(0, -1), all.at(-1));
}

function add(values) {
  const all = [...run().data.x, run().data.y];
  const extended = all.map((each, at) => [...each, values ? values[at] : each[chosen]]);
  chosen = rows();
  setData(extended.slice(0, -1), extended.at(-1));
}

function removeRow() {
  if (rows() < 2) return;
  const all = [...run().data.x, run().data.y].map((each) => each.filter((_, at) => at !== chosen));
  setData(all.slice(0, -1), all.at(-1));
}
