"use strict";
// What is drawn: a picture with two axes, and the metric over parameters. It knows nothing of runs.
const MARGIN = { left: 52, right: 10, top: 8, bottom: 32 };
const MAP_SIZE = 100;
const LEVELS = 12;
const MOST_POINTS = 1500;
// The directions of a mark's arms, in half turns.
const ARMS = { plus: [0, 0.5], star: [0, 0.25, 0.5, 0.75] };

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);

// Round numbers between two ends; on a logarithmic axis powers of ten.
function ticks(low, high, most, log) {
  const [first, last] = log ? [Math.log10(low), Math.log10(high)] : [low, high];
  const unit = 10 ** Math.floor(Math.log10((last - first) / most));
  const fits = [1, 2, 5, 10].find((each) => (last - first) / (each * unit) <= most) * unit;
  const step = log ? Math.max(1, Math.ceil(fits)) : fits;
  const found = [];
  // Where an axis is a few last digits long, no step leads on: there is an end all the same.
  const begin = Math.ceil(first / step);
  for (let at = begin; at * step <= last && found.length <= most; at++) found.push(at * step);
  if (!log) return found;
  return found.length > 1 ? found.map((each) => Number(`1e${each}`)) : [low, high];
}

const short = (value) =>
  Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3)
    ? Number(value.toPrecision(3)).toExponential()
    : String(Number(value.toPrecision(6)));

// The lowest and the highest number, with some room around them.
function around(values, room = 0.08) {
  const found = values.filter(Number.isFinite);
  if (!found.length) return [0, 1];
  const [low, high] = [Math.min, Math.max].map((least) => found.reduce((a, b) => least(a, b)));
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
      // What is printed stays as it is on the screen, for nothing is drawn any more.
      if (printing) return;
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
    const along = (share, [low, high]) => low + share * (high - low);
    return [along(across, this.x), along(up, this.y)];
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
    pen.save();
    pen.beginPath();
    pen.rect(MARGIN.left, MARGIN.top, ...this.inner);
    pen.clip();
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

  // Marks differ in form, too.
  mark([x, y], form, look) {
    const { pen } = this;
    const [a, b] = [this.across(x), this.up(y)];
    pen.beginPath();
    if (form === "square") pen.rect(a - 5, b - 5, 10, 10);
    for (const turn of ARMS[form] ?? []) {
      const [right, down] = [9 * Math.cos(turn * Math.PI), 9 * Math.sin(turn * Math.PI)];
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
    const { image, values } = this;
    const scale = 4;
    image.width = image.height = MAP_SIZE * scale;
    const pen = image.getContext("2d");
    const ranks = [...values.keys()].filter((at) => Number.isFinite(values[at]));
    ranks.sort((a, b) => values[a] - values[b]);
    const share = new Float64Array(values.length).fill(1);
    for (const [rank, at] of ranks.entries()) share[at] = rank / ranks.length;
    const ends = ["good", "middle", "bad"].map((each) =>
      colour(each)
        .match(/[0-9a-f]{2}/gi)
        .map((part) => parseInt(part, 16)),
    );
    for (let at = 0; at < values.length; at++) {
      const half = Number(share[at] >= 0.5);
      const [from, to] = [ends[half], ends[half + 1]];
      const mixed = from.map((part, each) => part + (to[each] - part) * (share[at] * 2 - half));
      pen.fillStyle = `rgb(${mixed.map(Math.round)})`;
      const [across, down] = [at % MAP_SIZE, MAP_SIZE - 1 - Math.floor(at / MAP_SIZE)];
      pen.fillRect(across * scale, down * scale, scale, scale);
    }
    pen.strokeStyle = colour("soft");
    pen.globalAlpha = 0.6;
    pen.beginPath();
    for (let level = 1; level < LEVELS; level++)
      this.#contour(pen, values[ranks[Math.floor((level / LEVELS) ** 2 * ranks.length)]], scale);
    pen.stroke();
  }

  // Marching squares: in each cell, from side to side where the level is crossed.
  #contour(pen, level, scale) {
    const { values } = this;
    const [right, up] = [Uint8Array.of(0, 1, 1, 0), Uint8Array.of(0, 0, 1, 1)];
    const corners = [0, 1, 2, 3];
    for (let row = 0; row + 1 < MAP_SIZE; row++)
      for (let column = 0; column + 1 < MAP_SIZE; column++) {
        const first = row * MAP_SIZE + column;
        const above = corners.map((at) => values[first + up[at] * MAP_SIZE + right[at]] - level);
        const crossed = corners.flatMap((at) => {
          const next = (at + 1) % 4;
          if (above[at] < 0 === above[next] < 0) return [];
          const share = above[at] / (above[at] - above[next]);
          const x = column + right[at] + (right[next] - right[at]) * share + 0.5;
          const y = row + up[at] + (up[next] - up[at]) * share + 0.5;
          return [[x * scale, (MAP_SIZE - y) * scale]];
        });
        for (let at = 0; at + 1 < crossed.length; at += 2) {
          pen.moveTo(...crossed[at]);
          pen.lineTo(...crossed[at + 1]);
        }
      }
  }
}
