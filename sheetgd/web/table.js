"use strict";
// The pass row by row, as the sheet has it, and what can be taken along from here.
// What page.css gives the table of the window's height.
const SHARE_OF_WINDOW = 0.6;
const MOST_PRINTED = 2000;
let columns = [];
let explained = false; // whether a cell has been chosen

function showTable() {
  const { row } = run();
  columns = run().columns;
  id("pass-title").textContent = `Pass ${run().epochs + 1}, row by row`;
  const named = columns.map((each) => [label(each.name), each.meaning]);
  const heads = [["row", ""], ...named].map(([name, title]) =>
    element("th", name, { scope: "col", title }),
  );
  id("heads").replaceChildren(...heads);
  const box = id("scroll");
  const fitting = Math.ceil((innerHeight * SHARE_OF_WINDOW) / ROW_HEIGHT) + 2;
  const visible = printing ? MOST_PRINTED : fitting;
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
  cell = [Math.min(cell[0], rows() - 1), Math.min(cell[1], columns.length - 1)];
  // One cell of those that are there takes the Tab key.
  const reached = cell[0] < from || cell[0] >= upTo ? from : cell[0];
  for (let at = from; at < upTo; at++) {
    const line = element("tr", "", {
      "aria-rowindex": at + 2,
      class: at === row ? "now" : at > row ? "ahead" : "",
    });
    line.append(element("th", at + 1, { scope: "row" }));
    line.append(
      ...cells[at].map((value, column) =>
        element("td", told(value), {
          "data-at": `${at} ${column}`,
          tabindex: at === reached && column === cell[1] ? 0 : -1,
        }),
      ),
    );
    lines.push(line);
  }
  lines.push(gap(rows() - upTo));
  if (explained && !running) explain(cell);
  const focused = document.activeElement?.dataset?.at;
  id("table").tBodies[0].replaceChildren(...lines);
  id("table").setAttribute("aria-rowcount", rows() + 1);
  id("table").style.setProperty("--columns", heads.length);
  if (focused) cellAt(focused)?.focus({ preventScroll: true });
}

const cellAt = (place) => id("table").querySelector(`[data-at="${place}"]`);

function explain([row, at]) {
  const column = columns[at];
  const value = told(run().ahead[row][at]);
  const shown = (each) =>
    typeof each === "string" ? each : each < 0 ? `(${told(each)})` : told(each);
  const named = column.formula.map((each) => (each.name ? label(each.name) : each)).join("");
  const numbers = run().filled(row, column).map(shown).join("");
  const steps = named ? [named, numbers, value] : [value];
  say("formula", `Row ${row + 1}: ${label(column.name)} = ${steps.join(" = ")}. ${column.meaning}`);
}

const quoted = (each) => (/[",\n]/.test(each) ? `"${String(each).replaceAll('"', '""')}"` : each);

// What can be saved: a heading, then lines.
const SAVED = {
  log() {
    const { log, metric } = run();
    const more = log.validation.length ? [`${metric.name}_validation`] : [];
    const heads = ["epoch", ...names(), metric.name, `${metric.name}_pass`, ...more];
    const [held, passing, validation] = [log.held, log.passing, log.validation];
    const line = (at) => [at, ...log.parameters[at], held[at], passing[at], validation[at]];
    return [heads, ...log.epoch.map((at) => line(at).slice(0, heads.length))];
  },
  steps() {
    const heads = ["row", ...run().columns.map((each) => each.name)];
    return [heads, ...run().ahead.map((each, at) => [at + 1, ...each])];
  },
  data() {
    const { x, y } = run().data;
    const heads = [...page.names.x, page.names.y];
    return [heads, ...y.map((value, at) => [...x.map((each) => each[at]), value])];
  },
};

function save(name) {
  const lines = SAVED[name]().map((line) => `${line.map(quoted).join(",")}\r\n`);
  const link = element("a", "", { download: `${name}.csv` });
  link.href = URL.createObjectURL(new Blob(lines, { type: "text/csv" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// What one types for a workbook of the settings that one sees.
function command() {
  const { settings, data, epochs, isAsGiven } = run();
  const shown = (text) => (/^[\w.,=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const { x, y } = page.names;
  const known = isAsGiven && now === 0 && page.name;
  const own = ["--data", "data.csv", "--x", x.join(","), "--y", y, "--model", run().run.model];
  const words = ["sheetgd", "build", ...(known ? [page.name] : [...own, ...run().run.options])];
  const given = known ? { ...first.run.settings, ...first.run.settings.hyperparameters } : {};
  const { hyperparameters, start, ...others } = { ...settings, ...settings.hyperparameters };
  const { nudges } = page.choices.gradient[settings.gradient];
  const idle = { difference_step: !nudges, shuffle: run().size === rows() };
  for (const [name, value] of Object.entries(others))
    if (value !== null && value !== given[name] && !idle[name])
      words.push(`--${name.replaceAll("_", "-")}`, value);
  if (settings.seed === null && JSON.stringify(start) !== JSON.stringify(given.start))
    words.push("--start", ...Object.values(start));
  if (epochs) words.push("--epochs", epochs, "--clicks", 1);
  if (known && epochs > page.capacity) words.push("--capacity", epochs);
  return words.map(String).map(shown).join(" ");
}
