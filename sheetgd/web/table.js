"use strict";
// The pass row by row, as the sheet has it, and what can be taken along from here.
// What page.css gives the table of the window's height.
const SHARE_OF_WINDOW = 0.6;
let columns = [];

function showTable() {
  const { row } = run();
  columns = run().columns;
  id("pass-title").textContent = `Pass ${run().epochs + 1}, row by row`;
  const heads = [
    element("th", "row", { scope: "col" }),
    ...columns.map((each) =>
      element("th", label(each.name), { scope: "col", title: each.meaning }),
    ),
  ];
  const head = id("table").tHead;
  if (head.textContent !== heads.map((each) => each.textContent).join("")) {
    const line = element("tr");
    line.append(...heads);
    head.replaceChildren(line);
  }
  const box = id("scroll");
  const visible = Math.ceil((innerHeight * SHARE_OF_WINDOW) / ROW_HEIGHT) + 2;
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
    const line = element("tr", "", {
      "aria-rowindex": at + 2,
      class: at === row ? "now" : at > row ? "ahead" : "",
    });
    line.append(element("th", at + 1, { scope: "row" }));
    line.append(
      ...cells[at].map((value, column) =>
        element("td", told(value), {
          "data-at": `${at} ${column}`,
          tabindex: at === cell[0] && column === cell[1] ? 0 : -1,
        }),
      ),
    );
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
  const shown = (each) =>
    typeof each === "string" ? each : each < 0 ? `(${told(each)})` : told(each);
  const named = column.formula.map((each) => (each.name ? label(each.name) : each)).join("");
  const numbers = run().filled(row, column).map(shown).join("");
  const steps = named ? [named, numbers, value] : [value];
  id("formula").textContent =
    `Row ${row + 1}: ${label(column.name)} = ${steps.join(" = ")}. ${column.meaning}`;
}

function csv(heads, lines) {
  const quoted = (each) => (/[",\n]/.test(each) ? `"${String(each).replaceAll('"', '""')}"` : each);
  const written = [heads, ...lines].map((line) => line.map(quoted).join(","));
  return [...written, ""].join("\r\n");
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
  save(
    "log.csv",
    csv(
      ["epoch", ...names(), metric.name, `${metric.name}_pass`, ...more],
      log.epoch.map((each) => [
        each,
        ...log.parameters[each],
        log.held[each],
        log.passing[each],
        ...more.map(() => log.validation[each]),
      ]),
    ),
  );
}

const saveSteps = () =>
  save(
    "steps.csv",
    csv(
      ["row", ...run().columns.map((each) => each.name)],
      run().ahead.map((each, at) => [at + 1, ...each]),
    ),
  );
const saveData = () =>
  save(
    "data.csv",
    csv(
      [...page.names.x, page.names.y],
      run().data.y.map((y, at) => [...run().data.x.map((each) => each[at]), y]),
    ),
  );

// What one types for a workbook of the settings that one sees.
function command() {
  const { settings, epochs } = run();
  const given = first.run.settings;
  const quoted = (text) =>
    /^[\w.,=+-]+$/.test(text) ? text : `'${String(text).replaceAll("'", "'\\''")}'`;
  const words = ["sheetgd", "build"];
  if (run().isAsGiven && page.name) words.push(page.name);
  else
    words.push(
      "--data",
      "data.csv",
      "--x",
      page.names.x.join(","),
      "--y",
      page.names.y,
      "--model",
      run().run.model,
      ...page.options,
    );
  for (const [name, value] of Object.entries({ ...settings, ...settings.hyperparameters })) {
    const same =
      run().isAsGiven && page.name && JSON.stringify(value) === JSON.stringify(given[name]);
    if (
      same ||
      name === "hyperparameters" ||
      value === null ||
      (name === "start" && settings.seed !== null)
    )
      continue;
    words.push(
      `--${name.replaceAll("_", "-")}`,
      ...(name === "start" ? Object.values(value) : [value]),
    );
  }
  if (epochs) words.push("--epochs", epochs, "--clicks", 1, "--capacity", epochs);
  return words.map(String).map(quoted).join(" ");
}
