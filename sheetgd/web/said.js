"use strict";
// What is said of the run that is shown: its state, and its settings where they can be changed.
function showState(at) {
  const state = run().state();
  const { name, score } = run().metric;
  id("status").className = state.good ? "" : "poor";
  id("state").title = page.verdicts[state.verdict]?.meaning ?? "";
  const pairs = [
    ["epoch", state.epoch],
    ["row", `${state.row} of ${rows()}`],
    ...Object.entries(state.parameters).slice(0, 6),
    [name, state.metric],
    [`${name} of the pass`, state.metric_pass],
    [`${name} of the rows held back`, state.validation],
    [score?.name, state.score],
    ["best epoch", run().run.restore_best ? run().result.epoch : null],
    ["learning rate now", run().run.varies ? state.learning_rate : null],
  ].filter((pair) => pair[1] !== null);
  // A row says nothing new of the epochs: a screen reader is told of its numbers.
  id("values").setAttribute("aria-live", running || !state.row ? "off" : "polite");
  const written = (value) => (typeof value === "string" ? value : told(value));
  id("values").replaceChildren(
    ...pairs.map((pair) => element("span", `${pair[0]} ${written(pair[1])}`)),
  );
  id("back").disabled = !run().canGoBack;
  id("step").disabled = id("epoch").disabled = ended();
  // A screen reader is told of the state now and then, not with every frame.
  if (running && at - spoken < 1500) return;
  spoken = at;
  const words = [state.status, state.note, notice];
  const said = words.filter((each) => typeof each === "string" && each);
  say("status", said.join(". "));
  const line = `${titles[now]}: ${name} by epoch, now ${told(state.metric)}`;
  id("curve").setAttribute("aria-label", line);
  say("command", command());
}

function showControls() {
  const { settings, metric, data } = run();
  const { choices } = page;
  for (const name of ["optimizer", "gradient", "loss"]) {
    options(id(name), Object.keys(choices[name]), settings[name]);
    id(name).title = choices[name][settings[name]].text;
  }
  say("about", choices.optimizer[settings.optimizer].summary);
  numberInputs(id("hyperparameters"), settings.hyperparameters, set);
  numberInputs(id("start"), settings.start, (name, typed) => set("start", { [name]: typed }));
  const { size } = run();
  const sizes = new Set([1, 2, 4, 5, 8, 10, 16, 32, 64, size]);
  const some = [...sizes].filter((each) => each < rows()).sort((a, b) => a - b);
  const batches = some.map((each) => [String(each), each === 1 ? "1 row" : `${each} rows`]);
  options(id("batch_size"), [...batches, ["all", `all ${rows()}`]], size < rows() ? size : "all");
  for (const name of ["learning_rate", "difference_step", "shuffle", "seed"])
    fill(id(name), settings[name] ?? "");
  id("order").value = settings.shuffle === null ? "given" : "shuffled";
  options(id("which"), [...titles.entries()], now);
  showRate();
  showLegend();
  const named = [...run().run.inputs, "y"].map(label);
  const values = [...data.x, data.y].map((each, at) => [named[at], each[chosen]]);
  id("row").max = rows();
  fill(id("row"), chosen + 1);
  numberInputs(id("row-values"), Object.fromEntries(values), (name, typed) =>
    place(chosen, { [named.indexOf(name)]: typed === "" ? NaN : Number(typed) }),
  );
  const row = values.map(([name, value]) => `${name} ${told(value)}`).join(", ");
  sayPlace("data", `Row ${chosen + 1} of ${rows()}: ${row}`);
  const y = named.at(-1);
  const all = `What is predicted, by ${y}: on the line is right`;
  say("data-title", single() ? `${y} by ${named[0]}: drag, click to add` : all);
  id("data").className = single() ? "takes" : "";
  id("data").setAttribute("aria-label", `Data: ${rows()} rows and what the model says`);
  const map = `${metric.name} for every ${over.join(" and ")}: click to start there`;
  say("map-title", map);
  id("map").setAttribute("aria-label", map);
  say("curve-title", `${metric.name} by epoch`);
  id("over").hidden = names().length < 3;
  for (const [side, name] of ["across", "upwards"].entries())
    options(id(name), names(), over[side]);
}

// The slider goes three powers of ten either way; what is stable is marked under it.
function showRate() {
  const rate = run().settings.learning_rate;
  const centre = Math.round(Math.log10(run().run.settings.learning_rate));
  const [low, high] = [centre - 3, centre + 3];
  Object.assign(id("rate-slider"), { min: low, max: high, value: Math.log10(rate) });
  id("rate-slider").setAttribute("aria-valuetext", told(rate));
  const stable = run().stableRate;
  const share = stable ? Math.max(0, Math.min(1, (Math.log10(stable) - low) / (high - low))) : 0;
  id("stable-range").hidden = !stable;
  id("stable-range").style.backgroundSize = `${share * 100}% 100%`;
  say("stable", stable ? `stable below ${told(stable)}` : "");
}

function showLegend() {
  const metric = run().metric.name;
  const items = raced().map((each) => [titles[runs.indexOf(each)], hue(runs.indexOf(each)), "—"]);
  if (run().size < rows()) items.push([`${metric} of the pass`, hue(now), "╌"]);
  if (page.held) items.push([`${metric} of the rows held back`, colour("run-1"), "┄"]);
  items.push(["start", colour("ink"), "□"]);
  if (run().best) items.push(["best fit", colour("ink"), "✳"]);
  id("legend").replaceChildren(
    ...items.map(([text, look, sign]) => {
      const item = element("li");
      const mark = element("b", `${sign} `);
      mark.style.color = look;
      item.append(mark, text);
      return item;
    }),
  );
}
