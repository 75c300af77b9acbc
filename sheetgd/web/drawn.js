"use strict";
// The three pictures: the data with what the model says, the metric's map, and its log.
const pictures = Object.fromEntries(
  ["data", "map", "curve"].map((name) => [name, new Picture(id(name), () => touch(name))]),
);
const surface = new Surface();
let held = {};
let over = [];
let lifted = null; // the data while a point is dragged

const parametersAt = (values) => ({
  ...held,
  ...Object.fromEntries(over.map((each, at) => [each, values[at]])),
});

const zip = (xs, ys) => [...xs].map((x, at) => [x, ys[at]]);

function drawData() {
  const { x, y } = lifted ?? run().data;
  const picture = pictures.data;
  const [across, upward] = single() ? [x[0], y] : [y, run().predict(x)];
  const named = single() ? [label(run().run.inputs[0]), label("y")] : [label("y"), "y_pred"];
  const box = picture.dragged ?? [around(across), around([...y, ...upward])];
  picture.begin(...box, named);
  if (single()) {
    const [low, high] = box[0];
    const xs = Array.from({ length: 161 }, (_, at) => low + (at / 160) * (high - low));
    for (const each of raced())
      picture.line(zip(xs, each.predict([xs])), hue(runs.indexOf(each)), { halo: true });
    const back = page.held ? zip(page.held.x[0], page.held.y) : [];
    picture.dots(back, colour("soft"), { hollow: true, size: 3 });
  } else picture.line(zip(box[0], box[0]), colour("soft"), { width: 1 });
  picture.dots(zip(across, upward), colour("ink"), { size: rows() > 200 ? 2 : 4 });
  picture.mark([across[chosen], upward[chosen]], "square", colour("ink"));
  const next = run().order[run().row];
  if (run().row || running)
    picture.dots([[across[next], upward[next]]], colour("run-1"), { size: 6 });
  picture.end();
}

// Which parameters the map is over: the lesson's, where the run has them.
function chooseSides() {
  const has = (each) => names().includes(each);
  if (!over.length || !over.every(has))
    over = page.surface.over.every(has) ? [...page.surface.over] : names().slice(0, 2);
  const same = JSON.stringify(names()) === JSON.stringify(first.run.parameters);
  const { best } = run();
  sides = over.map((name) => {
    const begin = run().settings.start[name];
    const end = best && best[name] !== undefined ? best[name] : begin;
    const found = same && page.surface.ranges[name];
    return found && found[1] - found[0] > 1e-9
      ? [...found]
      : around([begin, end, begin - 2, begin + 2], 0.1);
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
  const flat = over.length > 1;
  const [from, to] = sides[0];
  // Over one parameter the metric itself goes upwards.
  const raised = (at) => (flat ? at : [at[0], run().metricAt(parametersAt(at))]);
  if (flat) picture.begin(...sides, over);
  else {
    const found = [...surface.values.subarray(0, surface.next)];
    picture.begin(sides[0], around(found), [over[0], run().metric.name]);
    const xs = found.map((_, at) => from + ((at + 0.5) / surface.along) * (to - from));
    picture.line(zip(xs, found), colour("soft"));
  }
  if (flat && surface.painted?.length > 1) {
    const [[left, right], [bottom, top]] = surface.painted;
    const [x, y] = [picture.across(left), picture.up(top)];
    const size = [picture.across(right) - x, picture.up(bottom) - y];
    picture.pen.drawImage(surface.image, x, y, ...size);
  }
  for (const each of raced()) {
    const { parameters } = each.run;
    if (!over.every((name) => parameters.includes(name))) continue;
    const path = [...each.log.parameters, ...(each.row ? rowParameters(each) : [])].map((values) =>
      raised(over.map((name) => values[parameters.indexOf(name)])),
    );
    const look = hue(runs.indexOf(each));
    picture.line(path, look, { halo: true });
    if (path.length < 60) picture.dots(path, look, { size: 2.5 });
    picture.mark(path[0], "square", look);
    picture.dots([path.at(-1)], look, { size: 6 });
  }
  const { best } = run();
  if (best) picture.mark(raised(over.map((name) => best[name])), "star", colour("ink"));
  if (document.activeElement === id("map")) picture.mark(raised(cross), "plus", colour("ink"));
  picture.end();
}

// The parameters after each row of the present pass so far.
function rowParameters(each) {
  const at = each.run.parameters.map((name) =>
    each.columns.findIndex((column) => column.name === `new_${name}`),
  );
  return each.ahead.slice(0, each.row).map((row) => at.map((place) => row[place]));
}

function drawCurve() {
  const picture = pictures.curve;
  const { log, metric } = run();
  const lines = raced().map((each) => [each.log.held, hue(runs.indexOf(each)), {}]);
  const small = run().size < rows();
  if (small) lines.push([log.passing, hue(now), { dash: [6, 4], width: 1.5 }]);
  if (log.validation.length) lines.push([log.validation, colour("run-1"), { dash: [2, 3] }]);
  const every = lines.flatMap(([values]) => values).filter(Number.isFinite);
  const low = every.reduce((least, each) => (each > 0 ? Math.min(least, each) : least), Infinity);
  const high = every.reduce((most, each) => Math.max(most, each), -Infinity);
  const log10 = low > 0 && high / low > 30 && Number.isFinite(high);
  const up = log10 ? [low / 1.3, high * 1.3] : around(every);
  const most = Math.max(10, ...raced().map((each) => each.epochs));
  picture.begin([-most / 50, most], up, ["epoch", metric.name], log10);
  for (const [values, look, more] of lines) {
    picture.line([...values.entries()], look, more);
    if (values.length < 3) picture.dots([[0, values[0]]], look);
  }
  picture.end();
}
