"use strict";
// What is drawn: a picture with two axes, and the metric over parameters. It knows nothing of runs.
const MARGIN = { left: 52, right: 10, top: 8, bottom: 32 };
const MAP_SIZE = 100;
const LEVELS = 12;
const MOST_POINTS = 1500;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);

// Round numbers between two ends; on a logarithmic axis powers of ten.
function ticks(low, high, most, log) {
  if (log) {
    const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
    const by = Math.max(1, Math.ceil((last - first) / most));
    const found = [];
    for (let at = first; at <= last; at += by) found.push(Number(`1e${at}`));
    return found.length > 1 ? found : [low, high];
  }
  const unit = 10 ** Math.floor(Math.log10((high - low) / most));
  const step = [1, 2, 5, 10].map((each) => each * unit).find((each) => (high - low) / each <= most);
  const found = [];
  for (let at = Math.ceil(low / step); at * step <= high; at++) found.push(at * step);
  return found;
}

const short = (value) =>
  Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3)
    ? Number(value.toPrecision(3)).toExponential()
    : String(Number(value.toPrecision(6)));

// The lowest and the highest number, with some room around them.
function around(values, room = 0.08) {
  let [low, high] = [Infinity, -Infinity];
  for (const each of values)
    if (Number.isFinite(each)) {
      low = Math.min(low, each);
      high = Math.max(high, each);
    }
  if (low > high) return [0, 1];
  const more = (high - low) * room || Math.abs(high) * 0.5 || 1;
  return [low - more, high + more];
}

class Picture {
  constructor(canvas, resized) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.x = [0, 1];
    this.y = [0, 1];
    new ResizeObserver(() => {
      const ratio = window.devicePixelRatio || 1;
      [this.width, this.height] = [canvas.clientWidth, canvas.clientHeight];
      canvas.width = this.width * ratio;
      canvas.height = this.height * ratio;
      this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      resized();
    }).observe(canvas);
  }

  #along([low, high], log, value) {
    return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  }

  across(value) {
    return MARGIN.left + this.#along(this.x, false, value) * this.inner[0];
  }

  up(value) {
    return MARGIN.top + (1 - this.#along(this.y, this.log, value)) * this.inner[1];
  }

  get inner() {
    return [this.width - MARGIN.left - MARGIN.right, this.height - MARGIN.top - MARGIN.bottom];
  }

  // Where in the axes' numbers a place on the screen is.
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const across = (event.clientX - box.left - MARGIN.left) / this.inner[0];
    const up = 1 - (event.clientY - box.top - MARGIN.top) / this.inner[1];
    return [
      [across, this.x],
      [up, this.y],
    ].map(([share, [low, high]]) => low + share * (high - low));
  }

  begin(x, y, names, log = false) {
    Object.assign(this, { x, y, log });
    const { pen, width, height } = this;
    pen.clearRect(0, 0, width, height);
    pen.font = `12px ${getComputedStyle(this.canvas).fontFamily}`;
    pen.fillStyle = colour("soft");
    pen.strokeStyle = colour("line");
    pen.lineWidth = 1;
    pen.textAlign = "center";
    for (const value of ticks(...x, Math.max(2, this.inner[0] / 70))) {
      const at = this.across(value);
      pen.fillText(short(value), at, height - MARGIN.bottom + 14);
      pen.strokeRect(at, MARGIN.top, 0, this.inner[1]);
    }
    pen.textAlign = "right";
    for (const value of ticks(...y, Math.max(2, this.inner[1] / 45), log)) {
      const at = this.up(value);
      pen.fillText(short(value), MARGIN.left - 4, at + 4);
      pen.strokeRect(MARGIN.left, at, this.inner[0], 0);
    }
    pen.fillText(names[0], width - MARGIN.right, height - 4);
    pen.textAlign = "left";
    pen.save();
    pen.translate(11, height - MARGIN.bottom);
    pen.rotate(-Math.PI / 2);
    pen.fillText(names[1], 0, 0);
    pen.restore();
    this.#clip();
  }

  #clip() {
    this.pen.save();
    this.pen.beginPath();
    this.pen.rect(MARGIN.left, MARGIN.top, ...this.inner);
    this.pen.clip();
  }

  end() {
    this.pen.restore();
  }

  // A line through points; where one is no number, or too far away to draw, there is a gap.
  line(points, look, { dash = [], width = 2, halo = false } = {}) {
    const { pen } = this;
    const by = Math.ceil(points.length / MOST_POINTS);
    pen.beginPath();
    let open = false;
    for (const point of points.filter((_, at) => at % by === 0 || at === points.length - 1)) {
      const [x, y] = [this.across(point[0]), this.up(point[1])];
      const drawable = Math.abs(x) < 1e6 && Math.abs(y) < 1e6;
      if (drawable && open) pen.lineTo(x, y);
      else if (drawable) pen.moveTo(x, y);
      open = drawable;
    }
    pen.setLineDash(dash);
    pen.lineJoin = "round";
    if (halo) this.#stroke(colour("paper"), width + 2);
    this.#stroke(look, width);
    pen.setLineDash([]);
  }

  #stroke(look, width) {
    this.pen.strokeStyle = look;
    this.pen.lineWidth = width;
    this.pen.stroke();
  }

  dots(points, look, { size = 4, hollow = false } = {}) {
    const { pen } = this;
    pen.beginPath();
    for (const [x, y] of points) {
      const [a, b] = [this.across(x), this.up(y)];
      pen.moveTo(a + size, b);
      pen.arc(a, b, size, 0, 2 * Math.PI);
    }
    pen.fillStyle = hollow ? colour("paper") : look;
    pen.fill();
    this.#stroke(hollow ? look : colour("paper"), hollow ? 2 : 1);
  }

  // Marks differ in form, too: a cross, a square, or a star of two crosses.
  mark([x, y], form, look) {
    const { pen } = this;
    const [a, b] = [this.across(x), this.up(y)];
    pen.beginPath();
    if (form === "square") pen.rect(a - 5, b - 5, 10, 10);
    const arms =
      {
        cross: [
          [7, 7],
          [7, -7],
        ],
        plus: [
          [9, 0],
          [0, 9],
        ],
      }[form] ?? [];
    for (const [right, down] of form === "star"
      ? [
          [7, 7],
          [7, -7],
          [9, 0],
          [0, 9],
        ]
      : arms) {
      pen.moveTo(a - right, b - down);
      pen.lineTo(a + right, b + down);
    }
    this.#stroke(colour("paper"), 5);
    this.#stroke(look, 2);
  }
}

// The metric over two parameters (or over one), computed in slices, so that nothing has to wait.
class Surface {
  constructor() {
    this.image = document.createElement("canvas");
    this.values = new Float64Array(0);
    this.next = 0;
    this.done = true;
  }

  begin(valueAt, sides) {
    const count = sides.length > 1 ? MAP_SIZE * MAP_SIZE : 2 * MAP_SIZE;
    const along = sides.length > 1 ? MAP_SIZE : count;
    const place = ([low, high], at) => low + ((at + 0.5) / along) * (high - low);
    Object.assign(this, { valueAt, sides, along, place, values: new Float64Array(count), next: 0 });
    this.done = false;
  }

  // Goes on for some milliseconds; returns whether there is something new to draw.
  work(milliseconds) {
    const { values, sides, along, place } = this;
    const until = performance.now() + milliseconds;
    while (this.next < values.length && performance.now() < until) {
      const row = Math.floor(this.next / along);
      const at = [this.next % along, row].slice(0, sides.length);
      values[this.next++] = this.valueAt(at.map((each, side) => place(sides[side], each)));
    }
    this.done = this.next === values.length;
    if (this.done && sides.length > 1) this.paint();
    return this.done;
  }

  // As many places have each colour, whatever the numbers are; contours part the same shares.
  paint() {
    if (this.sides?.length !== 2 || !this.done) return;
    const { image, values } = this;
    const scale = 4;
    image.width = image.height = MAP_SIZE * scale;
    const pen = image.getContext("2d");
    const sorted = values.filter(Number.isFinite).sort();
    const ranks = [...values.keys()].filter((at) => Number.isFinite(values[at]));
    ranks.sort((a, b) => values[a] - values[b]);
    const share = new Float64Array(values.length).fill(NaN);
    for (const [rank, at] of ranks.entries()) share[at] = rank / ranks.length;
    const ends = ["good", "middle", "bad"].map((each) =>
      colour(each)
        .match(/[0-9a-f]{2}/gi)
        .map((part) => parseInt(part, 16)),
    );
    for (let at = 0; at < values.length; at++) {
      const where = Number.isFinite(share[at]) ? share[at] * 2 : 2;
      const [from, to] = where < 1 ? [ends[0], ends[1]] : [ends[1], ends[2]];
      const mixed = from.map((part, each) => part + (to[each] - part) * (where - (where >= 1)));
      pen.fillStyle = `rgb(${mixed.map(Math.round)})`;
      pen.fillRect(
        (at % MAP_SIZE) * scale,
        (MAP_SIZE - 1 - Math.floor(at / MAP_SIZE)) * scale,
        scale,
        scale,
      );
    }
    pen.strokeStyle = colour("soft");
    pen.globalAlpha = 0.6;
    pen.beginPath();
    for (let level = 1; level < LEVELS; level++)
      this.#contour(pen, sorted[Math.floor((level / LEVELS) ** 2 * sorted.length)], scale);
    pen.stroke();
  }

  // Marching squares: in each cell, from side to side where the level is crossed.
  #contour(pen, level, scale) {
    const { values } = this;
    const corners = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ];
    for (let row = 0; row + 1 < MAP_SIZE; row++)
      for (let column = 0; column + 1 < MAP_SIZE; column++) {
        const heights = corners.map(([x, y]) => values[(row + y) * MAP_SIZE + column + x] - level);
        const crossed = corners.flatMap(([x, y], at) => {
          const next = (at + 1) % 4;
          if (heights[at] < 0 === heights[next] < 0) return [];
          const share = heights[at] / (heights[at] - heights[next]);
          const [toX, toY] = corners[next];
          const across = column + x + (toX - x) * share + 0.5;
          return [[across * scale, (MAP_SIZE - row - y - (toY - y) * share - 0.5) * scale]];
        });
        for (let at = 0; at + 1 < crossed.length; at += 2) {
          pen.moveTo(...crossed[at]);
          pen.lineTo(...crossed[at + 1]);
        }
      }
  }
}
