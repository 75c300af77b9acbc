"use strict";
// What listens and shows: the numbers and words come from descent.js and the lesson's data.
const page = JSON.parse(document.getElementById("lesson").textContent);
const runs = page.runs.map((_, at) => new Descent(page, program, {}, at));
const [first] = runs;
const titles = runs.map((each) => each.title);
const SPEEDS = [
  ["1 row a second", 1, "step"], ["10 rows a second", 10, "step"], ["2 epochs a second", 2, "epoch"],
  ["20 epochs a second", 20, "epoch"], ["60 epochs a second", 60, "epoch"],
]; // prettier-ignore
const ROW_HEIGHT = 26;
const DIGITS = 6;
const id = (name) => document.getElementById(name);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

let now = 0; // which run is shown
let chosen = 0; // which data row the editor shows
let cross = null; // where the map's cross is
let sides = []; // from where to where the map goes
let running = null; // since when and what of
let dirty = new Set();
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
    select.replaceChildren(...pairs.map(([name, text]) => element("option", text, { value: name })));
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
  for (const other of raced())
    // All begin anew, so that they stay abreast; a start is that of all who have the parameters.
    if (other !== run()) {
      const shared = name === "start" && Object.keys(value).every((each) => each in other.settings.start);
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
  for (const each of raced()) if (JSON.stringify(each.data) !== JSON.stringify(data)) each.setData(data);
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
  for (const [name, value] of Object.entries({ run: now, epoch: epochs, row, race: Number(id("race").checked) }))
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
  const parsed = (value) => (/^[[{]/.test(value) ? JSON.parse(value) : value === "null" ? null : value);
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

// ---- What is drawn ----

const pictures = Object.fromEntries(
  ["data", "map", "curve"].map((name) => [name, new Picture(id(name), () => touch(name))]),
);
const surface = new Surface();
let held = {};
let over = [];

const parametersAt = (values) => ({ ...held, ...Object.fromEntries(over.map((each, at) => [each, values[at]])) });

function drawData() {
  const { data } = run();
  const picture = pictures.data;
  const predicted = single() ? null : run().predict(data.x);
  const across = single() ? data.x[0] : data.y;
  const upward = single() ? data.y : predicted;
  const box = picture.dragged ?? [around(across), around([...data.y, ...(single() ? [] : upward)])];
  picture.begin(...box, single() ? [label(run().run.inputs[0]), label("y")] : [label("y"), "y_pred"]);
  if (single()) {
    const [low, high] = box[0];
    const xs = Array.from({ length: 161 }, (_, at) => low + (at / 160) * (high - low));
    for (const each of raced()) {
      const ys = each.predict([xs]);
      picture.line(xs.map((x, at) => [x, ys[at]]), hue(runs.indexOf(each)), { halo: true });
    }
    if (page.held) picture.dots(page.held.x[0].map((x, at) => [x, page.held.y[at]]), colour("soft"), { hollow: true, size: 3 });
  } else picture.line([box[0], box[0]].map((each, at) => [each[at], each[at]]), colour("soft"), { width: 1 });
  picture.dots(across.map((x, at) => [x, upward[at]]), colour("ink"), { size: rows() > 200 ? 2 : 4 });
  picture.mark([across[chosen], upward[chosen]], "square", colour("ink"));
  const next = run().order[run().row];
  if (run().row || running) picture.dots([[across[next], upward[next]]], colour("run-1"), { size: 6 });
  picture.end();
}

// Which parameters the map is over: the lesson's, where the run has them.
function chooseSides() {
  const has = (each) => names().includes(each);
  if (!over.length || !over.every(has))
    over = page.surface.over.every(has) ? [...page.surface.over] : names().slice(0, 2);
  const same = JSON.stringify(names()) === JSON.stringify(first.run.parameters);
  const best = run().best?.parameters;
  sides = over.map((name) => {
    const [begin] = [run().settings.start[name]];
    const end = best && best[name] !== undefined ? best[name] : begin;
    const found = same && page.surface.ranges[name];
    return found && found[1] - found[0] > 1e-9 ? [...found] : around([begin, end, begin - 2, begin + 2], 0.1);
  });
  cross = sides.map(([low, high]) => (low + high) / 2);
}

function beginSurface() {
  if (!over.every((each) => names().includes(each)) || !sides.length) chooseSides();
  held = run().state().parameters;
  surface.begin((values) => run().metricAt(parametersAt(values)), sides);
}

function drawMap() {
  const picture = pictures.map;
  const placed = (each, parameters) => {
    const at = over.map((name) => parameters[each.run.parameters.indexOf(name)]);
    return over.length > 1 ? at : [at[0], run().metricAt({ [over[0]]: at[0] })];
  };
  const metric = run().metric.name;
  if (over.length > 1) picture.begin(...sides, over);
  else {
    const found = [...surface.values.subarray(0, surface.next)];
    picture.begin(sides[0], around(found), [over[0], metric]);
    const [low, high] = sides[0];
    picture.line(found.map((value, at) => [low + ((at + 0.5) / surface.along) * (high - low), value]), colour("soft"));
  }
  if (over.length > 1 && surface.image.width > 1) {
    const [[left, right], [bottom, top]] = surface.painted ?? sides;
    picture.pen.drawImage(surface.image, picture.across(left), picture.up(top),
      picture.across(right) - picture.across(left), picture.up(bottom) - picture.up(top));
  }
  for (const each of raced()) {
    if (!over.every((name) => each.run.parameters.includes(name))) continue;
    const which = runs.indexOf(each);
    const path = each.log.parameters.map((at) => placed(each, at));
    if (each.row) for (const at of rowParameters(each)) path.push(placed(each, at));
    picture.line(path, hue(which), { halo: true });
    if (path.length < 60) picture.dots(path, hue(which), { size: 2.5 });
    picture.mark(path[0], "square", hue(which));
    picture.dots([path.at(-1)], hue(which), { size: 6 });
  }
  const best = run().best;
  if (best) picture.mark(placed(run(), names().map((each) => best.parameters[each])), "star", colour("ink"));
  if (document.activeElement === id("map"))
    picture.mark(over.length > 1 ? cross : placed(run(), names().map((each) => (each === over[0] ? cross[0] : 0))), "plus", colour("ink"));
  picture.end();
}

// The parameters after each row of the present pass so far.
function rowParameters(each) {
  const at = each.run.parameters.map((name) => each.columns.findIndex((column) => column.name === `new_${name}`));
  return each.ahead.slice(0, each.row).map((row) => at.map((place) => row[place]));
}

function drawCurve() {
  const picture = pictures.curve;
  const { log, metric } = run();
  const lines = raced().map((each) => [each.log.held, hue(runs.indexOf(each)), {}]);
  const small = run().settings.batch_size < rows();
  if (small) lines.push([log.passing, hue(now), { dash: [6, 4], width: 1.5 }]);
  if (log.validation.length) lines.push([log.validation, colour("run-1"), { dash: [2, 3] }]);
  const every = lines.flatMap(([values]) => values).filter(Number.isFinite);
  const low = Math.min(...thin(every).filter((each) => each > 0));
  const high = Math.max(...thin(every));
  const log10 = low > 0 && high / low > 30 && Number.isFinite(high);
  const up = log10 ? [low / 1.3, high * 1.3] : around(every);
  const most = Math.max(10, ...raced().map((each) => each.epochs));
  picture.begin([0, most], up, ["epoch", metric.name], log10);
  for (const [values, look, more] of lines) {
    picture.line(values.map((value, at) => [at, value]), look, more);
    if (values.length < 3) picture.dots([[0, values[0]]], look);
  }
  picture.end();
}

// Of very many numbers some, and the last.
function thin(values) {
  const by = Math.ceil(values.length / 5000);
  return by > 1 ? values.filter((_, at) => at % by === 0 || at === values.length - 1) : values;
}

// ---- What is said ----

function showState(at) {
  const state = run().state();
  const { metric } = run();
  id("verdict").textContent = state.verdict ?? "";
  id("verdict").className = state.good ? "" : "poor";
  id("verdict").title = state.verdict ? page.verdicts[state.verdict].meaning : "";
  const pairs = [["epoch", state.epoch], ["row", `${state.row} of ${rows()}`], ...Object.entries(state.parameters).slice(0, 6)];
  pairs.push([metric.name, state.metric], [`${metric.name} of the pass`, state.metric_pass]);
  if (state.validation !== null) pairs.push([`${metric.name} of the rows held back`, state.validation]);
  if (metric.score) pairs.push([metric.score.name, state.score]);
  if (run().run.varies) pairs.push(["learning rate now", state.learning_rate]);
  id("values").replaceChildren(
    ...pairs.map(([name, value]) => element("span", `${name} ${typeof value === "string" ? value : told(value)}`)),
  );
  for (const [name, off] of [["back", !run().canGoBack], ["step", run().stopped], ["epoch", run().stopped]])
    id(name).disabled = Boolean(off);
  // A screen reader is told of the state now and then, not with every frame.
  if (running && at - spoken < 1500) return;
  spoken = at;
  id("status").textContent = [state.status, state.note].filter((each) => typeof each === "string" && each).join(". ");
  const line = `${titles[now]}: ${metric.name} by epoch, now ${told(state.metric)}`;
  id("curve").setAttribute("aria-label", line);
}

function showControls() {
  const { settings, metric, data } = run();
  const { choices } = page;
  for (const name of ["optimizer", "gradient", "loss"]) {
    options(id(name), Object.keys(choices[name]), settings[name]);
    id(name).title = choices[name][settings[name]].text;
  }
  id("about").textContent = choices.optimizer[settings.optimizer].summary;
  const hyper = Object.entries(settings.hyperparameters);
  id("hyperparameters").replaceChildren(...hyper.map(([name, value]) => numberInput(name, value, (typed) => set(name, typed))));
  const sizes = [1, 2, 4, 5, 8, 10, 16, 32, 64, settings.batch_size].filter((each) => each < rows());
  const ordered = [...new Set(sizes)].sort((a, b) => a - b);
  options(id("batch_size"), [...ordered.map((each) => [String(each), each === 1 ? "1 row" : `${each} rows`]), ["all", `all ${rows()}`]],
    settings.batch_size === rows() ? "all" : String(settings.batch_size));
  for (const name of ["learning_rate", "difference_step", "shuffle", "seed"]) id(name).value = settings[name] ?? "";
  options(id("order"), [["given", "as given"], ["shuffled", "shuffled"]], settings.shuffle === null ? "given" : "shuffled");
  id("start").replaceChildren(...Object.entries(settings.start).map(([name, value]) => numberInput(name, value, (typed) => set("start", { [name]: typed }))));
  options(id("which"), titles.map((title, at) => [String(at), title]), String(now));
  showRate();
  showLegend();
  const what = single() ? `${label("y")} by ${label(run().run.inputs[0])}` : `What is predicted, by ${label("y")}`;
  id("data-title").textContent = `${what}${single() ? ": drag, click to add" : ": on the line is right"}`;
  id("data").className = single() ? "takes" : "";
  id("data").setAttribute("aria-label", `Data: ${rows()} rows and what the model says`);
  id("map-title").textContent = `${metric.name} for every ${over.join(" and ")}: click to start there`;
  id("map").setAttribute("aria-label", id("map-title").textContent);
  id("curve-title").textContent = `${metric.name} by epoch`;
  const pick = (which) => {
    const select = element("select", "", { "aria-label": which ? "Upwards" : "Across" });
    options(select, names(), over[which]);
    select.addEventListener("change", () => {
      over[which] = select.value;
      if (over[0] === over[1]) over[1 - which] = names().find((each) => each !== over[which]);
      chooseSides();
      changed(false);
    });
    return select;
  };
  id("over").replaceChildren(...(names().length > 2 ? [pick(0), " × ", pick(1)] : []));
  const editor = [numberInput("Row", chosen + 1, (typed) => choose(Number(typed) - 1), { min: 1, max: rows(), step: 1 })];
  [...data.x, data.y].forEach((values, at) => {
    const name = label(at < data.x.length ? run().run.inputs[at] : "y");
    editor.push(numberInput(name, values[chosen], (typed) => place(chosen, at, Number(typed))));
  });
  for (const [text, click] of [["Add", () => add()], ["Remove", () => removeRow()]]) {
    editor.push(element("button", text));
    editor.at(-1).addEventListener("click", click);
  }
  id("row-editor").replaceChildren(...editor);
  id("command").textContent = command();
}

// The slider goes three powers of ten either way; what is stable is marked under it.
function showRate() {
  const rate = run().settings.learning_rate;
  const centre = Math.round(Math.log10(run().run.settings.learning_rate));
  const [low, high] = [centre - 3, centre + 3];
  Object.assign(id("rate-slider"), { min: low, max: high, value: Math.log10(rate) });
  id("rate-slider").setAttribute("aria-valuetext", told(rate));
  const stable = run().stableRate;
  const share = stable ? Math.max(0, Math.min(1, (Math.log10(stable) - low) / (high - low))) : 0;
  id("stable-range").hidden = !stable;
  id("stable-range").style.backgroundSize = `${share * 100}% 100%`;
  id("stable").textContent = stable ? `stable below ${told(stable)}` : "";
}

function showLegend() {
  const metric = run().metric.name;
  const items = raced().map((each) => [titles[runs.indexOf(each)], hue(runs.indexOf(each)), "—"]);
  if (run().settings.batch_size < rows()) items.push([`${metric} of the pass`, hue(now), "╌"]);
  if (page.held) items.push([`${metric} of the rows held back`, colour("run-1"), "┄"]);
  items.push(["start", colour("ink"), "□"]);
  if (run().best) items.push(["best fit", colour("ink"), "✳"]);
  id("legend").replaceChildren(...items.map(([text, look, sign]) => {
    const item = element("li");
    const mark = element("b", `${sign} `);
    mark.style.color = look;
    item.append(mark, text);
    return item;
  }));
}

// ---- The table ----

let columns = [];

function showTable() {
  const { row } = run();
  columns = run().columns;
  id("pass-title").textContent = `Pass ${run().epochs + 1}, row by row`;
  const heads = [element("th", "row", { scope: "col" }), ...columns.map((each) => element("th", label(each.name), { scope: "col", title: each.meaning }))];
  const head = id("table").tHead;
  if (head.textContent !== heads.map((each) => each.textContent).join("")) {
    const line = element("tr");
    line.append(...heads);
    head.replaceChildren(line);
  }
  const box = id("scroll");
  const visible = Math.ceil(box.clientHeight / ROW_HEIGHT) + 2;
  if (running && !calm.matches) box.scrollTop = Math.max(0, (row - visible / 2) * ROW_HEIGHT);
  const from = Math.max(0, Math.min(Math.floor(box.scrollTop / ROW_HEIGHT) - 1, rows() - visible));
  const upTo = Math.min(rows(), from + visible);
  const cells = run().ahead;
  const gap = (count) => {
    const line = element("tr", "", { class: "gap", "aria-hidden": "true" });
    const space = element("td", "", { colspan: columns.length + 1 });
    space.style.height = `${count * ROW_HEIGHT}px`;
    line.append(space);
    return line;
  };
  const lines = [gap(from)];
  for (let at = from; at < upTo; at++) {
    const line = element("tr", "", { "aria-rowindex": at + 2, class: at === row ? "now" : at > row ? "ahead" : "" });
    line.append(element("th", at + 1, { scope: "row" }));
    line.append(...cells[at].map((value, column) => element("td", told(value), {
      "data-at": `${at} ${column}`, tabindex: at === cell[0] && column === cell[1] ? 0 : -1,
    })));
    lines.push(line);
  }
  lines.push(gap(rows() - upTo));
  const focused = document.activeElement?.dataset?.at;
  id("table").tBodies[0].replaceChildren(...lines);
  id("table").setAttribute("aria-rowcount", rows() + 1);
  if (focused) cellAt(focused)?.focus({ preventScroll: true });
}

const cellAt = (place) => id("table").querySelector(`[data-at="${place}"]`);

function explain([row, at]) {
  const column = columns[at];
  const value = told(run().ahead[row][at]);
  const shown = (each) => (typeof each === "string" ? each : each < 0 ? `(${told(each)})` : told(each));
  const named = column.formula.map((each) => (each.name ? label(each.name) : each)).join("");
  const numbers = run().filled(row, column).map(shown).join("");
  const steps = named ? [named, numbers, value] : [value];
  id("formula").textContent = `Row ${row + 1}: ${label(column.name)} = ${steps.join(" = ")}. ${column.meaning}`;
}

// ---- The data by hand ----

function choose(row) {
  if (!(row >= 0 && row < rows())) throw new RangeError("row");
  chosen = row;
  touch("data", "controls");
}

function place(row, at, value, more = {}) {
  const all = [...run().data.x, run().data.y].map((each) => [...each]);
  for (const [column, number] of Object.entries({ [at]: value, ...more })) all[column][row] = number;
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

// ---- To take along ----

function csv(heads, lines) {
  const quoted = (each) => (/[",\n]/.test(each) ? `"${String(each).replaceAll('"', '""')}"` : each);
  return [heads, ...lines].map((line) => line.map(quoted).join(",")).join("\r\n") + "\r\n";
}

function save(name, text) {
  const link = element("a", "", { download: name });
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function saveLog() {
  const { log, metric } = run();
  const more = log.validation.length ? [`${metric.name}_validation`] : [];
  save("log.csv", csv(["epoch", ...names(), metric.name, `${metric.name}_pass`, ...more],
    log.epoch.map((each) => [each, ...log.parameters[each], log.held[each], log.passing[each], ...more.map(() => log.validation[each])])));
}

const saveSteps = () => save("steps.csv", csv(["row", ...run().columns.map((each) => each.name)], run().ahead.map((each, at) => [at + 1, ...each])));
const saveData = () => save("data.csv", csv([...page.names.x, page.names.y], run().data.y.map((y, at) => [...run().data.x.map((each) => each[at]), y])));

// What one types for a workbook of the settings that one sees.
function command() {
  const { settings, epochs } = run();
  const given = first.run.settings;
  const quoted = (text) => (/^[\w.,=+-]+$/.test(text) ? text : `'${String(text).replaceAll("'", "'\\''")}'`);
  const words = ["sheetgd", "build"];
  if (run().isAsGiven && page.name) words.push(page.name);
  else words.push("--data", "data.csv", "--x", page.names.x.join(","), "--y", page.names.y, "--model", run().run.model);
  for (const [name, value] of Object.entries({ ...settings, ...settings.hyperparameters })) {
    const same = run().isAsGiven && page.name && JSON.stringify(value) === JSON.stringify(given[name]);
    if (same || name === "hyperparameters" || value === null || (name === "start" && settings.seed !== null)) continue;
    words.push(`--${name.replaceAll("_", "-")}`, ...(name === "start" ? Object.values(value) : [value]));
  }
  if (epochs) words.push("--epochs", epochs, "--clicks", 1, "--capacity", epochs);
  return words.map(String).map(quoted).join(" ");
}

// ---- Every frame ----

const DRAW = { data: drawData, map: drawMap, curve: drawCurve, table: showTable, controls: showControls };
let tabled = 0;

function frame(at) {
  requestAnimationFrame(frame);
  if (running) {
    const [, rate, way] = SPEEDS[id("speed").value];
    const due = Math.floor(((at - running.since) / 1000) * rate) - running.done;
    const until = performance.now() + 6;
    for (let done = 0; done < Math.max(0, due) && performance.now() < until; done++)
      if (!move(way)) {
        pause();
        break;
      }
    if (running) running.done += Math.max(0, due);
  }
  if (dirty.has("surface")) {
    dirty.delete("surface");
    beginSurface();
    touch("controls");
  }
  if (!surface.done && surface.work(5)) {
    surface.painted = surface.sides;
    touch("map");
  }
  if (dirty.delete("state")) showState(at);
  for (const [name, draw] of Object.entries(DRAW)) {
    if (!dirty.has(name) || (name === "table" && running && at - tabled < 250)) continue;
    if (pictures[name] && !pictures[name].width) continue;
    if (name === "table") tabled = at;
    dirty.delete(name);
    draw();
  }
}

// ---- What is listened to ----

for (const way of ["step", "epoch", "back", "reset"]) id(way).addEventListener("click", () => act(way));
id("run").addEventListener("click", () => (running ? pause() : start()));
for (const name of ["optimizer", "gradient", "loss", "batch_size"])
  id(name).addEventListener("change", () => set(name, id(name).value));
for (const name of ["learning_rate", "difference_step", "shuffle", "seed"])
  id(name).addEventListener("change", () => taken(id(name), () => set(name, id(name).value)));
id("rate-slider").addEventListener("input", () => set("learning_rate", Number((10 ** id("rate-slider").value).toPrecision(3))));
id("order").addEventListener("change", () => set("shuffle", id("order").value === "given" ? null : 1));
id("speed").addEventListener("change", () => running && start());
id("which").addEventListener("change", () => {
  const { data } = run();
  now = Number(id("which").value);
  carry(data);
  over = sides = [];
  changed();
});
id("race").addEventListener("change", () => {
  if (id("race").checked) for (const each of runs) each.reset();
  carry(run().data);
  changed();
});
for (const [name, by] of [["closer", 0.5], ["wider", 2]])
  id(name).addEventListener("click", () => {
    const state = run().state().parameters;
    sides = sides.map(([low, high], at) => {
      const middle = by < 1 && Number.isFinite(state[over[at]]) ? state[over[at]] : (low + high) / 2;
      return [middle - ((high - low) / 2) * by, middle + ((high - low) / 2) * by];
    });
    changed(false);
  });
id("save-log").addEventListener("click", saveLog);
id("save-steps").addEventListener("click", saveSteps);
id("save-data").addEventListener("click", saveData);
id("copy").addEventListener("click", () => {
  getSelection().selectAllChildren(id("command"));
  navigator.clipboard?.writeText(command()).catch(() => document.execCommand("copy"));
});
id("scroll").addEventListener("scroll", () => running || touch("table"));
id("table").addEventListener("focusin", ({ target }) => {
  if (!target.dataset.at) return;
  cellAt(cell.join(" "))?.setAttribute("tabindex", -1);
  cell = target.dataset.at.split(" ").map(Number);
  target.setAttribute("tabindex", 0);
  explain(cell);
});
id("table").addEventListener("keydown", (event) => {
  const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  if (!by) return;
  event.preventDefault();
  const next = [Math.max(0, Math.min(rows() - 1, cell[0] + by[0])), Math.max(0, Math.min(columns.length - 1, cell[1] + by[1]))];
  const box = id("scroll");
  const top = next[0] * ROW_HEIGHT;
  if (top < box.scrollTop || top > box.scrollTop + box.clientHeight - 3 * ROW_HEIGHT) {
    box.scrollTop = top - box.clientHeight / 2;
    showTable();
  }
  cellAt(next.join(" "))?.focus();
});

const startAt = (at) => set("start", Object.fromEntries(over.map((name, side) => [name, Number(at[side].toPrecision(4))])));
const nearby = (event, picture) => {
  const [x, y] = [run().data.x[0], run().data.y];
  const box = picture.canvas.getBoundingClientRect();
  const far = x.map((each, at) => Math.hypot(picture.across(each) - event.clientX + box.left, picture.up(y[at]) - event.clientY + box.top));
  const least = far.indexOf(Math.min(...far));
  return far[least] < 14 ? least : -1;
};
const rounded4 = (values) => values.map((each) => Number(each.toPrecision(4)));
let dragging = -1;
id("data").addEventListener("pointerdown", (event) => {
  if (!single()) return;
  const picture = pictures.data;
  dragging = nearby(event, picture);
  if (dragging < 0) return add(rounded4(picture.at(event)));
  picture.dragged = [picture.x, picture.y];
  id("data").setPointerCapture(event.pointerId);
  pause();
  choose(dragging);
});
let dropped = null;
id("data").addEventListener("pointermove", (event) => {
  if (dragging < 0 || !pictures.data.dragged) return;
  const [x, y] = rounded4(pictures.data.at(event));
  dropped = [dragging, x, y];
  const { data } = run();
  [data.x[0][dragging], data.y[dragging]] = [x, y];
  touch("data");
});
for (const end of ["pointerup", "pointercancel"])
  id("data").addEventListener(end, () => {
    pictures.data.dragged = null;
    if (dropped) place(dropped[0], 0, dropped[1], { 1: dropped[2] });
    dropped = null;
    dragging = -1;
  });
id("data").addEventListener("keydown", (event) => {
  const { key, shiftKey } = event;
  const by = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key];
  const page = { PageUp: -1, PageDown: 1 }[key];
  if (page) choose((chosen + page + rows()) % rows());
  else if (key === "Insert") add();
  else if (key === "Delete") removeRow();
  else if (by && single()) {
    const { x, y } = pictures.data;
    const much = shiftKey ? 0.05 : 0.01;
    const [a, b] = rounded4([run().data.x[0][chosen] + by[0] * much * (x[1] - x[0]), run().data.y[chosen] + by[1] * much * (y[1] - y[0])]);
    place(chosen, 0, a, { 1: b });
  } else return;
  event.preventDefault();
});

function tellHere() {
  const value = run().metricAt(parametersAt(cross));
  id("here").textContent = `${over.map((name, at) => `${name} ${short(cross[at])}`).join(", ")}: ${told(value)}`;
}
id("map").addEventListener("pointermove", (event) => {
  cross = pictures.map.at(event).slice(0, over.length);
  tellHere();
});
id("map").addEventListener("click", (event) => startAt(pictures.map.at(event).slice(0, over.length)));
id("map").addEventListener("keydown", (event) => {
  const by = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
  if (event.key === "Enter") startAt(cross);
  else if (!by) return;
  else cross = cross.map((each, at) => each + by[at] * (event.shiftKey ? 0.1 : 0.02) * (sides[at][1] - sides[at][0]));
  event.preventDefault();
  tellHere();
  touch("map");
});
for (const change of ["focus", "blur"]) id("map").addEventListener(change, () => touch("map"));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT)$/.test(event.target.tagName)) return;
  const key = { s: "step", e: "epoch", r: "run", b: "back", 0: "reset" }[event.key.toLowerCase()];
  if (key) id(key).click();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  surface.paint();
  changed(false);
});
window.addEventListener("hashchange", recall);

id("title").textContent = page.title;
id("summary").textContent = page.summary;
options(id("speed"), SPEEDS.map(([text], at) => [String(at), text]), rows() > 50 ? "3" : "1");
for (const name of ["shown", "racing"]) id(name).hidden = runs.length < 2;
window.lesson = {
  step: () => act("step"), epoch: () => act("epoch"), back: () => act("back"), reset: () => act("reset"),
  set, state: () => run().state(),
}; // prettier-ignore
recall();
requestAnimationFrame(frame);
