"use strict";
// What happens with every frame, and with every click, drag and key.
const DRAW = {
  data: drawData,
  map: drawMap,
  curve: drawCurve,
  table: showTable,
  controls: showControls,
};
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

for (const way of ["step", "epoch", "back", "reset"])
  id(way).addEventListener("click", () => act(way));
id("run").addEventListener("click", () => (running ? pause() : start()));
for (const name of ["optimizer", "gradient", "loss", "batch_size"])
  id(name).addEventListener("change", () => set(name, id(name).value));
for (const name of ["learning_rate", "difference_step", "shuffle", "seed"])
  id(name).addEventListener("change", () => taken(id(name), () => set(name, id(name).value)));
id("rate-slider").addEventListener("input", () =>
  set("learning_rate", Number((10 ** id("rate-slider").value).toPrecision(3))),
);
id("order").addEventListener("change", () =>
  set("shuffle", id("order").value === "given" ? null : 1),
);
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
for (const [name, by] of [
  ["closer", 0.5],
  ["wider", 2],
])
  id(name).addEventListener("click", () => {
    const state = run().state().parameters;
    sides = sides.map(([low, high], at) => {
      const middle =
        by < 1 && Number.isFinite(state[over[at]]) ? state[over[at]] : (low + high) / 2;
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
  const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[
    event.key
  ];
  if (!by) return;
  event.preventDefault();
  const next = [
    Math.max(0, Math.min(rows() - 1, cell[0] + by[0])),
    Math.max(0, Math.min(columns.length - 1, cell[1] + by[1])),
  ];
  const box = id("scroll");
  const top = next[0] * ROW_HEIGHT;
  if (top < box.scrollTop || top > box.scrollTop + box.clientHeight - 3 * ROW_HEIGHT) {
    box.scrollTop = top - box.clientHeight / 2;
    showTable();
  }
  cellAt(next.join(" "))?.focus();
});

const startAt = (at) =>
  set(
    "start",
    Object.fromEntries(over.map((name, side) => [name, Number(at[side].toPrecision(4))])),
  );
const nearby = (event, picture) => {
  const [x, y] = [run().data.x[0], run().data.y];
  const box = picture.canvas.getBoundingClientRect();
  const far = x.map((each, at) =>
    Math.hypot(
      picture.across(each) - event.clientX + box.left,
      picture.up(y[at]) - event.clientY + box.top,
    ),
  );
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
    const [a, b] = rounded4([
      run().data.x[0][chosen] + by[0] * much * (x[1] - x[0]),
      run().data.y[chosen] + by[1] * much * (y[1] - y[0]),
    ]);
    place(chosen, 0, a, { 1: b });
  } else return;
  event.preventDefault();
});

function tellHere() {
  const value = run().metricAt(parametersAt(cross));
  id("here").textContent =
    `${over.map((name, at) => `${name} ${short(cross[at])}`).join(", ")}: ${told(value)}`;
}
id("map").addEventListener("pointermove", (event) => {
  cross = pictures.map.at(event).slice(0, over.length);
  tellHere();
});
id("map").addEventListener("click", (event) =>
  startAt(pictures.map.at(event).slice(0, over.length)),
);
id("map").addEventListener("keydown", (event) => {
  const by = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[
    event.key
  ];
  if (event.key === "Enter") startAt(cross);
  else if (!by) return;
  else
    cross = cross.map(
      (each, at) => each + by[at] * (event.shiftKey ? 0.1 : 0.02) * (sides[at][1] - sides[at][0]),
    );
  event.preventDefault();
  tellHere();
  touch("map");
});
for (const change of ["focus", "blur"]) id("map").addEventListener(change, () => touch("map"));
document.addEventListener("keydown", (event) => {
  if (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    /^(INPUT|SELECT)$/.test(event.target.tagName)
  )
    return;
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
options(
  id("speed"),
  SPEEDS.map(([text], at) => [String(at), text]),
  rows() > 50 ? "3" : "1",
);
for (const name of ["shown", "racing"]) id(name).hidden = runs.length < 2;
window.lesson = {
  step: () => act("step"),
  epoch: () => act("epoch"),
  back: () => act("back"),
  reset: () => act("reset"),
  set,
  state: () => run().state(),
};
recall();
requestAnimationFrame(frame);
