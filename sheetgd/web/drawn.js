"use strict";
// The three pictures: the data with what the model says, the metric's map, and its log.
const pictures = Object.fromEntries(
  ["data", "map", "curve"].map((name) => [name, new Picture(id(name), () => touch(name))]),
);
const surface = new Surface();
let held = {};
let over = [];

const parametersAt = (values) => ({
  ...held,
  ...Object.fromEntries(over.map((each, at) => [each, values[at]])),
});

function drawData() {
  const { data } = run();
  const picture = pictures.data;
  const predicted = single() ? null : run().predict(data.x);
  const across = single() ? data.x[0] : data.y;
  const upward = single() ? data.y : predicted;
  const box = picture.dragged ?? [around(across), around([...data.y, ...(single() ? [] : upward)])];
  picture.begin(
    ...box,
    single() ? [label(run().run.inputs[0]), label("y")] : [label("y"), "y_pred"],
  );
  if (single()) {
    const [low, high] = box[0];
    const xs = Array.from({ length: 161 }, (_, at) => low + (at / 160) * (high - low));
    for (const each of raced()) {
      const ys = each.predict([xs]);
      picture.line(
        xs.map((x, at) => [x, ys[at]]),
        hue(runs.indexOf(each)),
        { halo: true },
      );
    }
    if (page.held)
      picture.dots(
        page.held.x[0].map((x, at) => [x, page.held.y[at]]),
        colour("soft"),
        { hollow: true, size: 3 },
      );
  } else
    picture.line(
      [box[0], box[0]].map((each, at) => [each[at], each[at]]),
      colour("soft"),
      { width: 1 },
    );
  picture.dots(
    across.map((x, at) => [x, upward[at]]),
    colour("ink"),
    { size: rows() > 200 ? 2 : 4 },
  );
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
  const best = run().best?.parameters;
  sides = over.map((name) => {
    const [begin] = [run().settings.start[name]];
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
    picture.line(
      found.map((value, at) => [low + ((at + 0.5) / surface.along) * (high - low), value]),
      colour("soft"),
    );
  }
  if (over.length > 1 && surface.image.width > 1) {
    const [[left, right], [bottom, top]] = surface.painted ?? sides;
    picture.pen.drawImage(
      surface.image,
      picture.across(left),
      picture.up(top),
      picture.across(right) - picture.across(left),
      picture.up(bottom) - picture.up(top),
    );
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
  if (best)
    picture.mark(
      placed(
        run(),
        names().map((each) => best.parameters[each]),
      ),
      "star",
      colour("ink"),
    );
  if (document.activeElement === id("map"))
    picture.mark(
      over.length > 1
        ? cross
        : placed(
            run(),
            names().map((each) => (each === over[0] ? cross[0] : 0)),
          ),
      "plus",
      colour("ink"),
    );
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
    picture.line(
      values.map((value, at) => [at, value]),
      look,
      more,
    );
    if (values.length < 3) picture.dots([[0, values[0]]], look);
  }
  picture.end();
}

// Of very many numbers some, and the last.
function thin(values) {
  const by = Math.ceil(values.length / 5000);
  return by > 1 ? values.filter((_, at) => at % by === 0 || at === values.length - 1) : values;
}
