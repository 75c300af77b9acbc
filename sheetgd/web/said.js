"use strict";
// What is said of the run that is shown: its state, and its settings where they can be changed.
function showState(at) {
  const state = run().state();
  const { metric } = run();
  id("verdict").textContent = state.verdict ?? "";
  id("verdict").className = state.good ? "" : "poor";
  id("verdict").title = state.verdict ? page.verdicts[state.verdict].meaning : "";
  const pairs = [
    ["epoch", state.epoch],
    ["row", `${state.row} of ${rows()}`],
    ...Object.entries(state.parameters).slice(0, 6),
  ];
  pairs.push([metric.name, state.metric], [`${metric.name} of the pass`, state.metric_pass]);
  if (state.validation !== null)
    pairs.push([`${metric.name} of the rows held back`, state.validation]);
  if (metric.score) pairs.push([metric.score.name, state.score]);
  if (run().run.varies) pairs.push(["learning rate now", state.learning_rate]);
  id("values").replaceChildren(
    ...pairs.map(([name, value]) =>
      element("span", `${name} ${typeof value === "string" ? value : told(value)}`),
    ),
  );
  for (const [name, off] of [
    ["back", !run().canGoBack],
    ["step", run().stopped],
    ["epoch", run().stopped],
  ])
    id(name).disabled = Boolean(off);
  // A screen reader is told of the state now and then, not with every frame.
  if (running && at - spoken < 1500) return;
  spoken = at;
  id("status").textContent = [state.status, state.note]
    .filter((each) => typeof each === "string" && each)
    .join(". ");
  const line = `${titles[now]}: ${metric.name} by epoch, now ${told(state.metric)}`;
  id("curve").setAttribute("aria-label", line);
}

function showControls() {
  const { settings, metric, data } = run();
  const { choices } = page;
  for (const name of ["optimizer", "gradient", "loss"]) {
    options(id(name), Object.keys(choices[name]), settings[name]);
    id(name).title = choices[name][settings[name]].text;
  }
  id("about").textContent = choices.optimizer[settings.optimizer].summary;
  const hyper = Object.entries(settings.hyperparameters);
  id("hyperparameters").replaceChildren(
    ...hyper.map(([name, value]) => numberInput(name, value, (typed) => set(name, typed))),
  );
  const sizes = [1, 2, 4, 5, 8, 10, 16, 32, 64, settings.batch_size].filter(
    (each) => each < rows(),
  );
  const ordered = [...new Set(sizes)].sort((a, b) => a - b);
  options(
    id("batch_size"),
    [
      ...ordered.map((each) => [String(each), each === 1 ? "1 row" : `${each} rows`]),
      ["all", `all ${rows()}`],
    ],
    settings.batch_size === rows() ? "all" : String(settings.batch_size),
  );
  for (const name of ["learning_rate", "difference_step", "shuffle", "seed"])
    id(name).value = settings[name] ?? "";
  options(
    id("order"),
    [
      ["given", "as given"],
      ["shuffled", "shuffled"],
    ],
    settings.shuffle === null ? "given" : "shuffled",
  );
  id("start").replaceChildren(
    ...Object.entries(settings.start).map(([name, value]) =>
      numberInput(name, value, (typed) => set("start", { [name]: typed })),
    ),
  );
  options(
    id("which"),
    titles.map((title, at) => [String(at), title]),
    String(now),
  );
  showRate();
  showLegend();
  const what = single()
    ? `${label("y")} by ${label(run().run.inputs[0])}`
    : `What is predicted, by ${label("y")}`;
  id("data-title").textContent =
    `${what}${single() ? ": drag, click to add" : ": on the line is right"}`;
  id("data").className = single() ? "takes" : "";
  id("data").setAttribute("aria-label", `Data: ${rows()} rows and what the model says`);
  id("map-title").textContent =
    `${metric.name} for every ${over.join(" and ")}: click to start there`;
  id("map").setAttribute("aria-label", id("map-title").textContent);
  id("curve-title").textContent = `${metric.name} by epoch`;
  const pick = (which) => {
    const select = element("select", "", { "aria-label": which ? "Upwards" : "Across" });
    options(select, names(), over[which]);
    select.addEventListener("change", () => {
      over[which] = select.value;
      if (over[0] === over[1]) over[1 - which] = names().find((each) => each !== over[which]);
      chooseSides();
      changed(false);
    });
    return select;
  };
  id("over").replaceChildren(...(names().length > 2 ? [pick(0), " × ", pick(1)] : []));
  const editor = [
    numberInput("Row", chosen + 1, (typed) => choose(Number(typed) - 1), {
      min: 1,
      max: rows(),
      step: 1,
    }),
  ];
  [...data.x, data.y].forEach((values, at) => {
    const name = label(at < data.x.length ? run().run.inputs[at] : "y");
    editor.push(numberInput(name, values[chosen], (typed) => place(chosen, at, Number(typed))));
  });
  for (const [text, click] of [
    ["Add", () => add()],
    ["Remove", () => removeRow()],
  ]) {
    editor.push(element("button", text));
    editor.at(-1).addEventListener("click", click);
  }
  id("row-editor").replaceChildren(...editor);
  id("command").textContent = command();
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
  id("stable").textContent = stable ? `stable below ${told(stable)}` : "";
}

function showLegend() {
  const metric = run().metric.name;
  const items = raced().map((each) => [titles[runs.indexOf(each)], hue(runs.indexOf(each)), "—"]);
  if (run().settings.batch_size < rows()) items.push([`${metric} of the pass`, hue(now), "╌"]);
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
