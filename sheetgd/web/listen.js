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
    const [rate, way] = id("speed").value.split(" ");
    const due = Math.floor(((at - running.since) / 1000) * rate) - running.done;
    const until = performance.now() + 6;
    for (let done = 0; done < Math.max(0, due) && performance.now() < until; done++)
      if (!move(way)) {
        pause();
        break;
      }
    if (running) running.done += Math.max(0, due);
  }
  if (dirty.delete("surface")) {
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
for (const name of "optimizer gradient loss batch_size learning_rate difference_step shuffle seed".split(
  " ",
))
  listen(id(name), () => set(name, id(name).value));
listen(id("row"), () => choose(Number(id("row").value) - 1));
id("add").addEventListener("click", () => add());
id("remove").addEventListener("click", removeRow);
for (const [side, name] of ["across", "upwards"].entries())
  id(name).addEventListener("change", () => {
    over[side] = id(name).value;
    if (over[0] === over[1]) over[1 - side] = names().find((each) => each !== over[side]);
    chooseSides();
    changed(false);
  });
const slid = () => Number((10 ** id("rate-slider").value).toPrecision(3));
// The number follows the slider; a run begins where it is let go.
id("rate-slider").addEventListener("input", () => fill(id("learning_rate"), slid()));
listen(id("rate-slider"), () => set("learning_rate", slid()));
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
  // Back does not go from one run to several.
  for (const each of runs) each.forget();
  changed();
});
// Half as wide around where the run stands, or twice as wide around the same middle.
for (const [name, by] of Object.entries({ closer: 0.25, wider: 1 }))
  id(name).addEventListener("click", () => {
    const state = run().state().parameters;
    sides = sides.map(([low, high], at) => {
      const stands = by < 1 && Number.isFinite(state[over[at]]);
      const middle = stands ? state[over[at]] : (low + high) / 2;
      return [middle - (high - low) * by, middle + (high - low) * by];
    });
    changed(false);
  });
for (const name of Object.keys(SAVED))
  id(`save-${name}`).addEventListener("click", () => save(name));
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
  explained = true;
  explain(cell);
});
id("table").addEventListener("keydown", (event) => {
  const by = arrow(event.key);
  if (!by) return;
  event.preventDefault();
  const within = (at, count) => Math.max(0, Math.min(count - 1, at));
  const next = [within(cell[0] - by[1], rows()), within(cell[1] + by[0], columns.length)];
  const box = id("scroll");
  const top = next[0] * ROW_HEIGHT;
  if (top < box.scrollTop || top > box.scrollTop + box.clientHeight - 3 * ROW_HEIGHT) {
    box.scrollTop = top - box.clientHeight / 2;
    showTable();
  }
  cellAt(next.join(" "))?.focus();
});

const rounded4 = (values) => values.map((each) => Number(each.toPrecision(4)));
const startAt = (at) =>
  set("start", Object.fromEntries(rounded4(at).map((each, side) => [over[side], each])));
const nearby = (event, picture) => {
  const [x, y] = [run().data.x[0], run().data.y];
  const box = picture.canvas.getBoundingClientRect();
  const [across, down] = [event.clientX - box.left, event.clientY - box.top];
  const far = x.map((each, at) =>
    Math.hypot(picture.across(each) - across, picture.up(y[at]) - down),
  );
  const least = far.reduce((best, each, at) => (each < far[best] ? at : best), 0);
  return far[least] < 14 ? least : -1;
};
let dragging = -1;
id("data").addEventListener("pointerdown", (event) => {
  if (!single() || event.button) return;
  const picture = pictures.data;
  dragging = nearby(event, picture);
  if (dragging < 0) return add(rounded4(picture.at(event)));
  picture.dragged = [picture.x, picture.y];
  id("data").setPointerCapture(event.pointerId);
  pause();
  choose(dragging);
});
id("data").addEventListener("pointermove", (event) => {
  if (dragging < 0 || !pictures.data.dragged) return;
  lifted = structuredClone(run().data);
  [lifted.x[0][dragging], lifted.y[dragging]] = rounded4(pictures.data.at(event));
  touch("data");
});
for (const end of ["pointerup", "pointercancel"])
  id("data").addEventListener(end, () => {
    pictures.data.dragged = null;
    if (lifted) place(dragging, [lifted.x[0][dragging], lifted.y[dragging]]);
    lifted = null;
    dragging = -1;
  });
// A place some steps of an arrow key further: shares of the axes' lengths.
const moved = (here, by, share, { x, y }) =>
  here.map((each, at) => each + by[at] * share * ([x, y][at][1] - [x, y][at][0]));
id("data").addEventListener("keydown", (event) => {
  const { key, shiftKey } = event;
  const by = arrow(key);
  const rowsBy = { PageUp: -1, PageDown: 1 }[key];
  if (rowsBy) choose((chosen + rowsBy + rows()) % rows());
  else if (key === "Insert") add();
  else if (key === "Delete") removeRow();
  else if (by && single()) {
    const { x, y } = run().data;
    const here = [x[0][chosen], y[chosen]];
    place(chosen, rounded4(moved(here, by, shiftKey ? 0.05 : 0.01, pictures.data)));
  } else return;
  event.preventDefault();
});

function tellHere() {
  const value = run().metricAt(parametersAt(cross));
  const text = `${over.map((name, at) => `${name} ${short(cross[at])}`).join(", ")}: ${told(value)}`;
  id("here").textContent = text;
  sayPlace("map", text);
}
id("map").addEventListener("pointermove", (event) => {
  cross = pictures.map.at(event).slice(0, over.length);
  tellHere();
});
id("map").addEventListener("click", (event) =>
  startAt(pictures.map.at(event).slice(0, over.length)),
);
id("map").addEventListener("keydown", (event) => {
  const by = arrow(event.key);
  if (event.key === "Enter") startAt(cross);
  else if (!by) return;
  else cross = moved(cross, by, event.shiftKey ? 0.1 : 0.02, pictures.map);
  event.preventDefault();
  tellHere();
  touch("map");
});
id("map").addEventListener("focus", tellHere);
for (const change of ["focus", "blur"]) id("map").addEventListener(change, () => touch("map"));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|SELECT)$/.test(event.target.tagName)) return;
  const key = { s: "step", e: "epoch", r: "run", b: "back", 0: "reset" }[event.key.toLowerCase()];
  if (key) id(key).click();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => changed(false));
window.addEventListener("hashchange", recall);
// Paper waits for no frame. It has all rows, or as many as a printer should be given.
for (const event of ["beforeprint", "afterprint"])
  window.addEventListener(event, () => {
    printing = event === "beforeprint";
    while (printing && !surface.done) surface.work(1000);
    surface.painted = surface.sides;
    for (const draw of Object.values(DRAW)) draw();
  });

id("title").textContent = page.title;
id("summary").textContent = page.summary;
id("speed").value = rows() > 50 ? "20 epoch" : "10 step";
for (const name of ["shown", "racing"]) id(name).hidden = runs.length < 2;
window.lesson = { set, state: () => run().state() };
for (const way of ["step", "epoch", "back", "reset"]) window.lesson[way] = () => act(way);
recall();
requestAnimationFrame(frame);
