"use strict";
// A run, row by row, by the printed functions of program.py. It knows no window: Node runs it, too.
// A pass is taken as a whole before its rows are shown, as a sheet shows its next pass.
const KEPT =
  "settings data memory made log orders random present epochs row stopped bound scale pass";
const MOST_KEPT = 5000;

function numberOf(value, [least, most] = []) {
  const found = value === "" || value === null ? NaN : Number(value);
  if (!isNumber(found) || found < (least ?? -Infinity) || found >= (most ?? Infinity))
    throw new RangeError(`no number that is accepted: ${value}`);
  return found;
}

class Descent {
  #slot;
  #history = [];

  constructor(lesson, program, settings = {}, which = 0) {
    const run = lesson.runs[which];
    Object.assign(this, { lesson, program, run, title: run.title, memory: run.optimizer_state });
    this.#slot = new Map(lesson.slots.map((name, at) => [name, at]));
    this.data = structuredClone(lesson.data);
    this.settings = structuredClone(run.settings);
    this.#begin();
    for (const [name, value] of Object.entries(settings)) this.set(name, value);
    this.#history = [];
  }

  // A choice begins a new run.
  set(name, value) {
    const settings = structuredClone(this.settings);
    const { hyperparameters } = settings;
    const { bounds } = this.lesson;
    if (name in this.lesson.choices) {
      if (!(value in this.lesson.choices[name])) throw new RangeError(`${name}: ${value}`);
      settings[name] = value;
      settings.hyperparameters = this.#hyperparametersLeft(settings);
    } else if (name === "start" || name === "hyperparameters") {
      for (const each of Object.keys(value))
        if (each in settings[name]) settings[name][each] = numberOf(value[each], bounds[each]);
      if (name === "start") settings.seed = null;
    } else if (name in hyperparameters) hyperparameters[name] = numberOf(value, bounds[name]);
    else if (name === "batch_size")
      settings.batch_size = value === "all" ? value : Math.floor(numberOf(value, [1]));
    else if (name === "shuffle" || name === "seed") {
      settings[name] = value === null || value === "" ? null : Math.floor(numberOf(value));
      const names = name === "seed" ? this.run.parameters : [];
      const drawn = settings[name] === null ? [] : normalNumbers(names.length, value);
      for (const [at, each] of names.entries()) settings.start[each] = drawn[at] ?? 1;
    } else if (name in settings) settings[name] = numberOf(value, bounds[name]);
    else throw new RangeError(name);
    this.#remember();
    if (settings.optimizer !== this.settings.optimizer) this.memory = {};
    this.settings = settings;
    this.#beginOrUndo();
  }

  setData({ x, y }) {
    const columns = Array.isArray(x[0]) ? x : [x];
    const same = columns.length === this.data.x.length && y.length > 0;
    if (!same || [...columns, y].some((each) => each.length !== y.length || !each.every(isNumber)))
      throw new RangeError("data");
    this.#remember();
    this.data = structuredClone({ x: columns, y });
    this.#beginOrUndo();
  }

  // The rows of a step.
  get size() {
    const { length } = this.data.y;
    return this.settings.batch_size === "all" ? length : Math.min(this.settings.batch_size, length);
  }

  // Of runs side by side one that has ended remembers, too: Back takes back a click of all.
  step() {
    this.#remember();
    if (this.stopped) return false;
    if (++this.row === this.data.y.length) this.#finish();
    return true;
  }

  epoch() {
    this.#remember();
    if (this.stopped) return false;
    this.#finish();
    return true;
  }

  reset() {
    this.#remember();
    this.#begin();
  }

  jump(epoch) {
    if (epoch === this.epochs && !this.row) return;
    this.#remember();
    if (epoch < this.epochs || this.row) this.#begin();
    while (this.epochs < epoch && !this.stopped) this.#finish();
  }

  // Undoes the last of all these.
  back() {
    const last = this.#history.pop();
    if (!last) return false;
    Object.assign(this, last.kept);
    for (const each of Object.values(this.log)) each.length = Math.min(each.length, last.length);
    return true;
  }

  forget() {
    this.#history = [];
  }

  get canGoBack() {
    return this.#history.length > 0;
  }

  state() {
    const { log, epochs, row, verdict, stopped } = this;
    const names = this.run.parameters;
    const reached = row > 0 && this.#cells()[row - 1];
    const p = reached
      ? names.map((each) => reached[this.#at(`new_${each}`)])
      : log.parameters[epochs];
    const { metric } = this.made;
    const said = { epochs, held: log.held[epochs], verdict };
    return {
      epoch: epochs,
      row,
      parameters: Object.fromEntries(names.map((each, at) => [each, p[at]])),
      metric: reached ? this.#metric(this.made.rows, p) : log.held[epochs],
      metric_pass: log.passing[epochs],
      validation: log.validation[epochs] ?? null,
      score: metric.score && this.#over(metric.score.over, this.made.rows, this.#withParameters(p)),
      learning_rate: log.rate[epochs],
      verdict,
      good: this.lesson.verdicts[verdict]?.good ?? true,
      note: log.note[epochs],
      status: this.#call(metric.status, said),
      stopped,
    };
  }

  // The epoch whose parameters the run ends with.
  get result() {
    const { log, epochs } = this;
    const at = this.run.restore_best ? (log.lowest[epochs] ?? epochs) : epochs;
    return { epoch: at, parameters: log.parameters[at], metric: log.held[at] };
  }

  get verdict() {
    const { log, epochs, scale } = this;
    const [start, half, later, last] = [0, 0.5, 0.75, 1].map(
      (e) => log.held[Math.floor(e * epochs)],
    );
    const moves = Object.keys(this.run.moves).flatMap((kind) =>
      this.run.parameters.map((each, at) => [`${kind} ${each}`, log[kind][epochs][at]]),
    );
    const seen = { start, scale, half, later, last, highest: log.highest[epochs] };
    const ratio = this.#call(this.run.ratio, Object.fromEntries(moves));
    return this.#call(this.made.metric.verdict, { ...seen, ratio, epochs });
  }

  // The columns of the present configuration: the given ones, then the step's.
  get columns() {
    const given = [...this.run.inputs, "y", ...this.run.parameters];
    return [...given.map((each) => this.#column([this.#at(each)])), ...this.made.steps];
  }

  // The cells of the present pass, those of rows that are not reached yet, too.
  get ahead() {
    const slots = this.columns.map((each) => each.slot);
    return this.#cells().map((values) => slots.map((slot) => values[slot]));
  }

  // The data rows, counted from 0, in the order of the present pass.
  get order() {
    return [...this.pass.order];
  }

  // A column's formula with the numbers of a row where its names stand.
  filled(row, column) {
    const values = this.#cells()[row];
    return column.formula.map((each) => (each.name ? values[this.#at(each.name)] : each));
  }

  predict(inputs, parameters = this.state().parameters) {
    const { reads, predict } = this.run;
    const v = this.#withParameters(this.run.parameters.map((each) => parameters[each]));
    const columns = Array.isArray(inputs[0]) ? inputs : [inputs];
    return this.#rowsOf({ x: columns, y: columns[0] }).map((given) => {
      for (let at = 0; at < reads.length; at++) v[reads[at]] = given[at];
      return this.program[predict](v);
    });
  }

  metricAt(parameters) {
    const values = this.run.parameters.map((each) => parameters[each]);
    return this.#metric(this.made.rows, values);
  }

  // What is known of the lesson's own data is not known of others.
  get best() {
    return this.#asGiven(["loss"]) ? this.run.best : null;
  }

  get stableRate() {
    const names = ["optimizer", "loss", "gradient", "batch_size", "shuffle", "hyperparameters"];
    return this.#asGiven(names) ? this.run.stable : null;
  }

  // A number as sentences write it.
  told(value, digits = 4) {
    return this.#call(this.lesson.told, { value, digits });
  }

  get isAsGiven() {
    return this.#asGiven([]);
  }

  get metric() {
    return this.made.metric;
  }

  #asGiven(names) {
    const own = this.run.settings;
    const pairs = [[this.data, this.lesson.data], ...names.map((e) => [this.settings[e], own[e]])];
    return pairs.every((pair) => JSON.stringify(pair[0]) === JSON.stringify(pair[1]));
  }

  #at(name) {
    return this.#slot.get(name);
  }

  // An optimiser and a loss have their usual hyperparameters, unless they had their own before.
  #hyperparametersLeft(settings) {
    const { choices } = this.lesson;
    const kept = { ...this.run.metrics[settings.loss].hyper, ...choices.loss[settings.loss].hyper };
    const own = choices.optimizer[settings.optimizer].hyper;
    const same = settings.optimizer === this.settings.optimizer;
    const there = Object.entries(this.settings.hyperparameters);
    const left = there.filter(([name]) => name in kept || (same && name in own));
    return { ...kept, ...own, ...Object.fromEntries(left) };
  }

  #column([slot, compute, before, once, pieces = []]) {
    const { slots, meanings } = this.lesson;
    const [name, meaning] = [slots[slot], meanings[slots[slot]]];
    const formula = pieces.map((each) => (typeof each === "number" ? { name: slots[each] } : each));
    return { name, slot, compute, before, once, formula, meaning };
  }

  // All that follows from the settings and the data alone.
  #make() {
    const { run, settings, lesson } = this;
    const { optimizer, gradient, loss } = settings;
    const key = [optimizer, gradient, loss, this.size > 1 ? "batch" : "row"].join(" ");
    const found = lesson.configurations[run.configurations][key];
    if (!found) throw new RangeError(key);
    const [between, moving] = found.map((each) => lesson.halves[each]);
    const chunks = between.flatMap((each, at) => [each, ...moving.slice(at, at + 1)]);
    const steps = chunks.flatMap((each) =>
      lesson.chunks[each].map((at) => this.#column(lesson.columns[at])),
    );
    const carried = steps.filter((each) => each.before !== null);
    const base = new Float64Array(lesson.slots.length);
    const numbers = { ...run.fixed, ...settings.hyperparameters, rows: this.data.y.length };
    for (const [name, called] of Object.entries(lesson.changeable))
      numbers[called] = name === "batch_size" ? this.size : settings[name];
    this.#fill(base, "", numbers);
    const of = (prefix) => run.parameters.map((each) => this.#at(prefix + each));
    this.made = {
      metric: run.metrics[loss],
      steps,
      base,
      carried,
      once: steps.filter((each) => each.once),
      each: steps.filter((each) => !each.once),
      from: [...of("new_"), ...carried.map((each) => each.slot)],
      into: [...of(""), ...carried.map((each) => each.before)],
    };
    const scaled = (values) =>
      [run.scale.centre, run.scale.spread].map((sums) => {
        const column = values.map((value) => [value]);
        return this.#over(sums, column, base.slice(), [this.#at("run value")]);
      });
    this.made.scaling = run.scale && this.data.x.map(scaled);
    this.made.rows = this.#rowsOf(this.data);
    this.made.held = lesson.held && this.#rowsOf(lesson.held);
  }

  #beginOrUndo() {
    try {
      this.#begin();
    } catch (error) {
      this.back();
      throw error;
    }
  }

  #begin() {
    this.#make();
    const { run, settings, made } = this;
    const remembered = made.carried.map((each) => this.memory[each.name] ?? 0);
    const random = settings.shuffle === null ? null : new Random(settings.shuffle);
    Object.assign(this, { log: { validation: [] }, orders: [], random });
    Object.assign(this, { epochs: 0, row: 0, stopped: null });
    this.present = [...run.parameters.map((each) => settings.start[each]), ...remembered];
    this.scale = this.#over(made.metric.scale, made.rows, made.base.slice());
    this.#look();
  }

  #finish() {
    this.present = this.pass.end;
    this.epochs += 1;
    this.row = 0;
    this.#look();
  }

  // Takes the pass that comes next, and writes the line of the log that stands before it.
  #look() {
    const { log, epochs, run, made } = this;
    const { metric } = made;
    const parameters = this.present.slice(0, run.parameters.length);
    const held = this.#metric(made.rows, parameters);
    if (!epochs) this.bound = this.#call(metric.bound, { start: held, scale: this.scale });
    // Of a pass that is over, Back may ask again: its cells are computed then.
    if (this.pass) delete this.pass.cells;
    this.pass = this.#taken();
    const { passing, still, rate } = this.pass;
    const line = { epoch: epochs, parameters, held, passing, rate };
    if (made.held) line.validation = this.#metric(made.held, parameters);
    line.highest = epochs ? Math.max(log.highest[epochs - 1], held) : held;
    const [before, here] = [log.parameters?.[epochs - 2], log.parameters?.[epochs - 1]];
    for (const [name, number] of Object.entries(run.moves))
      line[name] = parameters.map((after, at) => {
        const move = () => this.#call(number, { before: before[at], here: here[at], after });
        return before ? log[name][epochs - 1][at] + move() : 0;
      });
    const watches = run.min_delta !== null || run.restore_best;
    const judging = made.held && watches ? "validation" : "held";
    const judged = isNumber(line[judging]) ? line[judging] : NaN;
    const low = log.lowest?.[epochs - 1] ?? null;
    line.lowest = judged < (low === null ? Infinity : log[judging][low]) ? epochs : low;
    const [best, waited] = [log.best?.[epochs - 1], log.waited?.[epochs - 1]];
    const waits = { held: judged, best, waited, min_delta: run.min_delta };
    const watched = epochs && run.min_delta !== null;
    line.waited = watched ? this.#call(metric.waits, waits) : 0;
    line.best = watched ? this.#call(metric.betters, waits) : judged;
    const seen = { held, bound: this.bound, waited: line.waited, patience: run.patience, still };
    const { remembers } = this.lesson.choices.optimizer[this.settings.optimizer];
    line.note = this.#call(metric.notes[Number(remembers)], seen);
    const finite = [...this.present, rate].every(isNumber);
    const ends = this.#call(metric.ends, { ...seen, held: finite ? held : NaN });
    if (ends === 1) this.stopped = { epoch: epochs, note: line.note };
    for (const [name, value] of Object.entries(line)) {
      log[name] ??= [];
      log[name].push(value);
    }
  }

  // Takes a pass from the present state; keeps the slots after each row where they are asked for.
  #taken(kept = null) {
    const { program, run, lesson } = this;
    const { metric, base, once, each, from, into, rows, held } = this.made;
    const v = base.slice();
    const [rowSlot, epochSlot, watchedSlot] = lesson.counted;
    const slopes = Object.values(run.slopes);
    const [y, error, order] = [this.#at("y"), this.#at(metric.column), this.#order()];
    for (const [at, slot] of into.entries()) v[slot] = this.present[at];
    v[epochSlot] = this.epochs + 1;
    if (run.watches) v[watchedSlot] = this.#metric(held ?? rows, this.present);
    for (const { slot, compute } of once) v[slot] = program[compute](v);
    let [sum, still] = [0, true];
    for (let row = 0; row < rows.length; row++) {
      const given = rows[order[row]];
      for (let at = 0; at < run.reads.length; at++) v[run.reads[at]] = given[at];
      v[y] = given.at(-1);
      v[rowSlot] = row + 1;
      for (const { slot, compute } of each) v[slot] = program[compute](v);
      sum += v[error];
      still &&= slopes.every((slot) => v[slot] === 0);
      kept?.push(v.slice());
      for (let at = 0; at < into.length; at++) v[into[at]] = v[from[at]];
    }
    const { decimals } = lesson.choices.gradient[this.settings.gradient];
    const round = (value, at) =>
      decimals === null || at >= run.parameters.length ? value : rounded(value, decimals);
    const rate = run.varies ? v[this.#at("rate")] : this.settings.learning_rate;
    const passing = this.#call(metric.whole, { sum });
    return { order, end: into.map((slot, at) => round(v[slot], at)), passing, still, rate };
  }

  #cells() {
    if (!this.pass.cells) this.#taken((this.pass.cells = []));
    return this.pass.cells;
  }

  #order() {
    const { orders, random, epochs } = this;
    const size = this.data.y.length;
    if (!random) orders[0] ??= [...Array(size).keys()];
    while (random && orders.length <= epochs) orders.push(Uint32Array.from(random.order(size)));
    return orders[random ? epochs : 0];
  }

  // A row holds what the model reads, then y.
  #rowsOf({ x, y }) {
    const scale = (value, [centre, spread]) =>
      this.#call(this.run.scale.scaled, { value, centre, spread });
    const { scaling } = this.made;
    const columns = scaling ? x.map((e, at) => e.map((value) => scale(value, scaling[at]))) : x;
    return y.map((value, row) => [...columns.map((each) => each[row]), value]);
  }

  #metric(rows, parameters) {
    const { program, run } = this;
    const { metric } = this.made;
    const [y, row, size] = [this.#at("y"), program[metric.row], run.reads.length];
    const v = this.#withParameters(parameters);
    let sum = 0;
    for (const given of rows) {
      for (let at = 0; at < size; at++) v[run.reads[at]] = given[at];
      v[y] = given[size];
      sum += row(v);
    }
    v[this.#at("rows")] = rows.length;
    v[this.#at("run sum")] = sum;
    return program[metric.whole](v);
  }

  // Computes what is taken over all rows: see over_rows in javascript.py.
  #over(steps, rows, v, slots = [...this.run.reads, this.#at("y")]) {
    for (const [slot, number, kind] of steps.slice(0, -1))
      v[slot] = overRows[kind](
        rows.map((given) => {
          for (const [at, each] of slots.entries()) v[each] = given[at];
          return this.program[number](v);
        }),
      );
    return this.program[steps.at(-1)[1]](v);
  }

  #withParameters(values) {
    const v = this.made.base.slice();
    for (const [at, each] of this.run.parameters.entries()) v[this.#at(each)] = values[at];
    return v;
  }

  // Calls a function with some numbers of the run, and with the parameters of the present epoch.
  #call(number, numbers) {
    const v = [...this.#withParameters(this.present ?? [])];
    this.#fill(v, "run ", numbers);
    return this.program[number](v);
  }

  #fill(v, prefix, numbers) {
    for (const [name, value] of Object.entries(numbers))
      if (this.#slot.has(prefix + name)) v[this.#at(prefix + name)] = value;
  }

  #remember() {
    const kept = Object.fromEntries(KEPT.split(" ").map((name) => [name, this[name]]));
    this.#history.push({ kept, length: this.log.epoch.length });
    if (this.#history.length > MOST_KEPT) this.#history.shift();
  }
}
