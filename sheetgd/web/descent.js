"use strict";
// A run, row by row, by the printed functions of program.py. It knows no window: Node runs it, too.
// A pass is always taken as a whole before its rows are shown, as a sheet shows its next pass.
const MOST_REMEMBERED = 5000;

class Descent {
  #slot;
  #pass = null;
  #history = [];
  #race = null;

  constructor(lesson, program, settings = {}, which = 0) {
    this.lesson = lesson;
    this.program = program;
    this.run = lesson.runs[which];
    this.title = this.run.title;
    this.#slot = new Map(lesson.slots.map((name, at) => [name, at]));
    this.data = { x: lesson.data.x.map((each) => [...each]), y: [...lesson.data.y] };
    this.settings = structuredClone(this.run.settings);
    this.state0 = this.run.optimizer_state;
    this.#begin();
    for (const [name, value] of Object.entries(settings)) this.set(name, value);
    this.#history = [];
  }

  // The choices: each begins a new run, and can be undone.
  set(name, value) {
    const old = this.settings;
    const settings = structuredClone(old);
    const { choices } = this.lesson;
    if (name in choices) {
      if (!(value in choices[name])) throw new RangeError(`${name} ${value}`);
      settings[name] = value;
      const kept = { ...this.#metricOf(settings).hyper, ...choices.loss[settings.loss].hyper };
      const same = name !== "optimizer" || old.optimizer === value;
      const hyper = { ...kept, ...choices.optimizer[settings.optimizer].hyper };
      for (const each of Object.keys(hyper))
        if (each in old.hyperparameters && (same || each in kept))
          hyper[each] = old.hyperparameters[each];
      settings.hyperparameters = hyper;
    } else if (name === "start") {
      Object.assign(settings.start, this.#numbers(value, settings.start));
      settings.seed = null;
    } else if (name === "hyperparameters") {
      Object.assign(settings.hyperparameters, this.#numbers(value, settings.hyperparameters));
    } else if (name in settings.hyperparameters) {
      settings.hyperparameters[name] = this.#number(name, value);
    } else if (name === "batch_size") {
      settings.batch_size = value === "all" ? this.data.y.length : this.#number(name, value);
      if (settings.batch_size < 1 || settings.batch_size % 1) throw new RangeError(name);
    } else if (name === "shuffle" || name === "seed") {
      settings[name] = value === null || value === "" ? null : String(BigInt(value));
      const names = this.run.parameters;
      if (name === "seed") {
        const drawn = value === null ? names.map(() => 1) : normalNumbers(names.length, value);
        names.forEach((each, at) => (settings.start[each] = drawn[at]));
      }
    } else if (name in settings) {
      settings[name] = this.#number(name, value);
    } else throw new RangeError(name);
    this.#remember();
    if (settings.optimizer !== old.optimizer) this.state0 = {};
    this.settings = settings;
    this.#begin();
  }

  setData({ x, y }) {
    const columns = Array.isArray(x[0]) ? x : [x];
    const all = [...columns, y];
    const fits = columns.length === this.data.x.length && y.length > 0;
    if (!fits || all.some((each) => each.length !== y.length || !each.every(isNumber)))
      throw new RangeError("data");
    this.#remember();
    const whole = this.settings.batch_size === this.data.y.length && this.data.y.length > 1;
    this.data = { x: columns.map((each) => [...each]), y: [...y] };
    const size = whole ? y.length : Math.min(this.settings.batch_size, y.length);
    this.settings = { ...structuredClone(this.settings), batch_size: size };
    this.#begin();
    for (const other of this.#race ?? []) other.setData(this.data);
  }

  step() {
    if (this.stopped) return false;
    this.#remember();
    if (++this.row === this.data.y.length) this.#finish();
    return true;
  }

  epoch() {
    if (this.stopped) return false;
    this.#remember();
    this.#finish();
    return true;
  }

  reset() {
    this.#remember();
    this.#begin();
  }

  jump(epoch) {
    this.#remember();
    if (epoch < this.epochs || this.row) this.#begin();
    while (this.epochs < epoch && !this.stopped) this.#finish();
  }

  back() {
    const kept = this.#history.pop();
    if (!kept) return false;
    for (const each of Object.values(kept.log)) each.length = Math.min(each.length, kept.length);
    const moved = kept.data !== this.data;
    this.#pass = kept.pass;
    delete kept.pass;
    Object.assign(this, kept);
    this.#ready();
    if (moved) for (const other of this.#race ?? []) other.back();
    return true;
  }

  get canGoBack() {
    return this.#history.length > 0;
  }

  state() {
    const { log, epochs, row } = this;
    const names = this.run.parameters;
    const values = row ? this.#cells()[row - 1] : null;
    const now = values ? names.map((each) => values[this.#at(`new_${each}`)]) : this.present;
    const verdict = this.verdict;
    return {
      epoch: epochs,
      row,
      parameters: Object.fromEntries(names.map((each, at) => [each, now[at]])),
      metric: row ? this.#metric(this.rowsOfData, now) : log.held[epochs],
      metric_pass: log.passing[epochs],
      validation: log.validation[epochs] ?? null,
      score: this.metric.score && this.scoreAt(now.slice(0, names.length)),
      learning_rate: this.run.varies ? this.#pass.rate : this.settings.learning_rate,
      verdict,
      good: verdict === null || this.lesson.verdicts[verdict].good,
      note: log.note[epochs],
      status: this.#call(this.metric.status, { epochs, held: log.held[epochs], verdict: verdict ?? "" }),
      diverged: verdict === "diverging",
      stopped: this.stopped,
    };
  }

  // The epoch whose parameters the run ends with.
  get result() {
    const { log, epochs } = this;
    const at = this.run.restore_best ? (log.lowest[epochs] ?? epochs) : epochs;
    return { epoch: at, parameters: log.parameters[at], metric: log.held[at] };
  }

  get verdict() {
    const { log, epochs } = this;
    if (!epochs) return null;
    const { held } = log;
    const ratio = this.#put({});
    this.run.parameters.forEach((each, at) => {
      ratio[this.#at(`run again ${each}`)] = log.again[epochs][at];
      ratio[this.#at(`run all ${each}`)] = log.all[epochs][at];
    });
    const found = this.#call(this.metric.verdict, {
      start: held[0], scale: this.scale, half: held[Math.floor(epochs / 2)],
      later: held[Math.floor((3 * epochs) / 4)], last: held[epochs],
      highest: log.highest[epochs], ratio: this.program[this.run.ratio](ratio),
    });
    return isError(found) ? null : found;
  }

  // The columns of the present configuration: the given ones, then the step's.
  get columns() {
    const given = [...this.run.inputs, "y", ...this.run.parameters].map((name) => ({
      name, slot: this.#at(name), formula: [], meaning: this.lesson.meanings[name],
    }));
    return [...given, ...this.steps];
  }

  // The cells of the present pass so far; `ahead` has those of the rows that are still to come, too.
  get rows() {
    return this.ahead.map((each, at) => (at < this.row ? each : null));
  }

  get ahead() {
    const slots = this.columns.map((each) => each.slot);
    return this.#cells().map((values) => slots.map((slot) => values[slot]));
  }

  // The data rows, from 0, in the order of the present pass.
  get order() {
    return [...this.#pass.order];
  }

  // A column's formula with the numbers of a row put in where its names stand.
  filled(row, column) {
    const values = this.#cells()[row];
    return column.formula.map((each) => (each.name ? values[this.#at(each.name)] : each));
  }

  predict(inputs, parameters = this.state().parameters) {
    const values = this.#withParameters(Object.values(parameters));
    const columns = Array.isArray(inputs[0]) ? inputs : [inputs];
    const read = columns.map((each, at) => this.#scaled(each, at));
    return read[0].map((_, row) => {
      this.run.reads.forEach((slot, at) => (values[slot] = read[at][row]));
      return this.program[this.run.predict](values);
    });
  }

  metricAt(parameters) {
    return this.#metric(this.rowsOfData, this.run.parameters.map((each) => parameters[each]));
  }

  scoreAt(parameters) {
    return this.#over(this.metric.score.over, this.rowsOfData, this.#withParameters(parameters));
  }

  // The metric of the data's best fit is known only as long as the data are the lesson's.
  get best() {
    const same = this.isAsGiven;
    return same && this.settings.loss === this.run.settings.loss ? this.lesson.best : null;
  }

  get stableRate() {
    const given = this.lesson.runs[0].settings;
    const names = ["optimizer", "loss", "batch_size", "shuffle", "hyperparameters", "gradient"];
    const same = names.every((each) => JSON.stringify(given[each]) === JSON.stringify(this.settings[each]));
    return same && this.isAsGiven ? this.lesson.stable : null;
  }

  get isAsGiven() {
    return JSON.stringify(this.data) === JSON.stringify(this.lesson.data);
  }

  get race() {
    const others = this.lesson.runs.slice(1);
    return (this.#race ??= others.map((_, at) => {
      const other = new Descent(this.lesson, this.program, {}, at + 1);
      if (!this.isAsGiven) other.setData(this.data);
      return other;
    }));
  }

  told(value, digits = 4) {
    return this.#call(this.lesson.told, { value, digits });
  }

  #at(name) {
    return this.#slot.get(name);
  }

  #column([slot, compute, before, once, pieces]) {
    const { slots, meanings } = this.lesson;
    const formula = pieces.map((each) => (typeof each === "number" ? { name: slots[each] } : each));
    return { name: slots[slot], slot, compute, before, once, formula, meaning: meanings[slots[slot]] };
  }

  #number(name, value) {
    const found = Number(value);
    if (value === "" || value === null || !isNumber(found)) throw new RangeError(name);
    return found;
  }

  #numbers(given, there) {
    return Object.fromEntries(Object.entries(given).map(([name, value]) => {
      if (!(name in there)) throw new RangeError(name);
      return [name, this.#number(name, value)];
    }));
  }

  #metricOf(settings) {
    return this.run.metrics[settings.loss] ?? this.run.metrics[this.run.settings.loss];
  }

  // What all that follows from the settings and the data alone comes to.
  #ready() {
    const { run, settings } = this;
    const size = this.data.y.length;
    this.metric = this.#metricOf(settings);
    const kind = settings.batch_size > 1 ? "batch" : "row";
    const key = `${settings.optimizer} ${settings.gradient} ${settings.loss} ${kind}`;
    const chunks = this.lesson.configurations[run.configurations][key];
    if (!chunks) throw new RangeError(key);
    const all = chunks.flatMap((each) => this.lesson.chunks[each]);
    this.steps = all.map((each) => this.#column(this.lesson.columns[each]));
    this.once = this.steps.filter((each) => each.once);
    this.each = this.steps.filter((each) => !each.once);
    const carried = this.steps.filter((each) => each.before !== null);
    this.from = [...run.parameters.map((each) => this.#at(`new_${each}`)), ...carried.map((c) => c.slot)];
    this.into = [...run.parameters.map((each) => this.#at(each)), ...carried.map((c) => c.before)];
    this.carriedNames = carried.map((each) => each.name);
    const slots = (this.base = new Array(this.lesson.slots.length).fill(0));
    const named = { ...run.fixed, ...settings.hyperparameters };
    for (const [name, called] of Object.entries(this.lesson.changeable)) named[called] = settings[name];
    for (const [name, value] of Object.entries(named))
      if (this.#slot.has(name)) slots[this.#at(name)] = value;
    slots[this.lesson.counted[1]] = size;
    this.scaling = run.scale && this.data.x.map((values) => this.#scalingOf(values));
    this.rowsOfData = this.#rowsOf(this.data);
    this.rowsHeld = this.lesson.held && this.#rowsOf(this.lesson.held);
  }

  #begin() {
    const { run, settings } = this;
    this.#ready();
    const remembered = this.carriedNames.map((each) => this.state0[each] ?? 0);
    this.present = [...run.parameters.map((each) => settings.start[each]), ...remembered];
    this.epochs = this.row = 0;
    this.stopped = null;
    const lists = ["epoch", "parameters", "held", "passing", "validation", "note", "waited"];
    lists.push("best", "again", "all", "highest", "lowest", "still", "rate");
    this.log = Object.fromEntries(lists.map((each) => [each, []]));
    this.orders = [];
    this.generator = settings.shuffle === null ? null : new Random(settings.shuffle);
    this.scale = this.#over(this.metric.scale, this.rowsOfData, [...this.base]);
    this.#look();
  }

  // Takes the pass that comes next, and writes the line of the log before it.
  #look() {
    const { log, epochs, run, metric } = this;
    this.#pass = this.#taken(null);
    const p = this.present.slice(0, run.parameters.length);
    const held = this.#metric(this.rowsOfData, p);
    const finite = [...this.present, ...(run.varies ? [this.#pass.rate] : [])].every(Number.isFinite);
    if (!epochs) this.bound = this.#call(metric.bound, { start: held, scale: this.scale });
    log.epoch.push(epochs);
    log.parameters.push(p);
    log.held.push(held);
    log.passing.push(this.#pass.passing);
    log.still.push(this.#pass.still);
    log.rate.push(this.#pass.rate);
    if (this.rowsHeld) log.validation.push(this.#metric(this.rowsHeld, p));
    log.highest.push(epochs ? Math.max(log.highest[epochs - 1], held) : held);
    const [before, here] = [log.parameters[epochs - 2], log.parameters[epochs - 1]];
    for (const [name, number] of [["again", run.moves[0]], ["all", run.moves[1]]])
      log[name].push(p.map((after, at) => before
        ? log[name][epochs - 1][at] + this.#call(number, { before: before[at], here: here[at], after })
        : 0));
    const judges = this.rowsHeld && (run.min_delta !== null || run.restore_best);
    const judged = judges ? log.validation[epochs] : held;
    const low = log.lowest[epochs - 1] ?? null;
    const kept = low === null ? Infinity : (judges ? log.validation : log.held)[low];
    log.lowest.push(isNumber(judged) && judged < kept ? epochs : low);
    const wait = { held: isNumber(judged) ? judged : NaN, min_delta: run.min_delta };
    Object.assign(wait, { best: log.best[epochs - 1], waited: log.waited[epochs - 1] });
    log.waited.push(epochs && run.min_delta !== null ? this.#call(metric.waits, wait) : 0);
    log.best.push(epochs ? this.#call(metric.betters, wait) : wait.held);
    const seen = { bound: this.bound, waited: log.waited[epochs], patience: run.patience };
    const { optimizer } = this.settings;
    const remembers = this.lesson.choices.optimizer[optimizer].remembers ? 1 : 0;
    log.note.push(this.#call(metric.notes[remembers], { ...seen, held, still: this.#pass.still }));
    const ends = this.#call(metric.ends, { ...seen, held: finite ? held : NaN });
    if (ends === 1) this.stopped = { epoch: epochs, note: log.note[epochs] };
  }

  #finish() {
    this.present = this.#pass.end;
    this.epochs += 1;
    this.row = 0;
    this.#look();
  }

  // Takes a pass from the present state; the slots after each row go into a list if there is one.
  #taken(kept) {
    const { program, run, data, from, into } = this;
    const v = Float64Array.from(this.base);
    const size = data.y.length;
    const [rowSlot, , epochSlot, watchedSlot] = this.lesson.counted;
    into.forEach((slot, at) => (v[slot] = this.present[at]));
    v[epochSlot] = this.epochs + 1;
    const order = this.#orderOf(this.epochs);
    if (run.watches) {
      const parameters = this.present.slice(0, run.parameters.length);
      v[watchedSlot] = this.#metric(this.rowsHeld ?? this.rowsOfData, parameters);
    }
    for (const each of this.once) v[each.slot] = program[each.compute](v);
    const rate = this.#slot.has("rate") && this.once.length ? v[this.#at("rate")] : this.settings.learning_rate;
    const slopes = Object.values(run.slopes);
    const [error, y] = [this.#at(this.metric.column), this.#at("y")];
    const { each } = this;
    let summed = 0;
    let still = true;
    for (let row = 0; row < size; row++) {
      const given = this.rowsOfData[order[row]];
      for (let at = 0; at < run.reads.length; at++) v[run.reads[at]] = given[at];
      v[y] = given[run.reads.length];
      v[rowSlot] = row + 1;
      for (let at = 0; at < each.length; at++) v[each[at].slot] = program[each[at].compute](v);
      summed += v[error];
      still &&= slopes.every((slot) => v[slot] === 0);
      kept?.push(v.slice());
      const moved = from.map((slot) => v[slot]);
      for (let at = 0; at < into.length; at++) v[into[at]] = moved[at];
    }
    const end = into.map((slot) => v[slot]);
    const { decimals } = this.lesson.choices.gradient[this.settings.gradient];
    if (decimals !== null)
      run.parameters.forEach((_, at) => (end[at] = rounded(end[at], decimals)));
    const passing = this.#call(this.metric.whole, { sum: summed });
    return { order, end, passing, still, rate, cells: null };
  }

  #cells() {
    if (!this.#pass.cells) this.#taken((this.#pass.cells = []));
    return this.#pass.cells;
  }

  #orderOf(pass) {
    const size = this.data.y.length;
    while (this.generator && this.orders.length <= pass)
      this.orders.push(Uint32Array.from(this.generator.order(size)));
    return this.generator ? this.orders[pass] : (this.orders[0] ??= [...Array(size).keys()]);
  }

  // A row is what the model reads, then y.
  #rowsOf({ x, y }) {
    const columns = x.map((each, at) => this.#scaled(each, at));
    return y.map((value, row) => [...columns.map((each) => each[row]), value]);
  }

  #scalingOf(values) {
    const { centre, spread } = this.run.scale;
    const slot = this.#at("run value");
    return [centre, spread].map((program) => {
      const v = [...this.base];
      return this.#over(program, values.map((each) => [[slot, each]]), v, true);
    });
  }

  #scaled(values, at) {
    if (!this.scaling) return values;
    const [centre, spread] = this.scaling[at];
    return values.map((value) => this.#call(this.run.scale.scaled, { value, centre, spread }));
  }

  #metric(rows, parameters) {
    const { program, run, metric } = this;
    const v = this.#withParameters(parameters);
    const y = this.#at("y");
    const row = program[metric.row];
    const count = run.reads.length;
    let sum = 0;
    for (const given of rows) {
      for (let at = 0; at < count; at++) v[run.reads[at]] = given[at];
      v[y] = given[count];
      sum += row(v);
    }
    v[this.lesson.counted[1]] = rows.length;
    v[this.#at("run sum")] = sum;
    return program[metric.whole](v);
  }

  // What is taken over all rows: see over_rows in javascript.py.
  #over(steps, rows, v, named = false) {
    const slots = [...this.run.reads, this.#at("y")];
    const whole = steps.at(-1);
    for (const [slot, number, kind] of steps.slice(0, -1))
      v[slot] = overRows[kind](rows.map((given) => {
        if (named) for (const [at, value] of given) v[at] = value;
        else slots.forEach((at, place) => (v[at] = given[place]));
        return this.program[number](v);
      }));
    return this.program[whole[1]](v);
  }

  #withParameters(values) {
    const v = [...this.base];
    this.run.parameters.forEach((each, at) => (v[this.#at(each)] = values[at]));
    return v;
  }

  // The slots of a run's numbers; the parameters are those of the present epoch.
  #put(numbers) {
    const v = this.#withParameters(this.present ?? []);
    for (const [name, value] of Object.entries(numbers)) {
      const slot = this.#at(`run ${name}`);
      if (slot !== undefined) v[slot] = value;
    }
    return v;
  }

  #call(number, numbers) {
    return this.program[number](this.#put(numbers));
  }

  #remember() {
    const { settings, data, state0, log, orders, generator, present, epochs, row, stopped } = this;
    const more = { bound: this.bound, scale: this.scale, length: log.epoch.length, pass: this.#pass };
    const kept = { settings, data, state0, log, orders, generator, present, epochs, row, stopped };
    this.#history.push({ ...kept, ...more });
    if (this.#history.length > MOST_REMEMBERED) this.#history.splice(0, MOST_REMEMBERED / 10);
  }
}
