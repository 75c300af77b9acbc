// Runs the very script of a page: node node_descents.js PAGE JOBS; prints what each job's run comes to.
const fs = require("fs");
const vm = require("vm");

const page = fs.readFileSync(process.argv[2], "utf-8");
const jobs = JSON.parse(fs.readFileSync(process.argv[3], "utf-8"));
const between = (begin) => page.split(begin)[1].split("</script>")[0];
const Descent = vm.runInThisContext(`${between('<script id="arithmetic">')};Descent`);
const program = vm.runInThisContext("program");
const lesson = JSON.parse(between('id="lesson">'));
const told = (key, value) =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;

const found = jobs.map(({ settings, which, epochs, script }) => {
  const run = new Descent(lesson, program, settings, which ?? 0);
  if (script) return vm.runInThisContext(script)(run, Descent, lesson, program);
  for (let at = 0; at < epochs; at++) run.epoch();
  const { log } = run;
  return { ...log, state: run.state(), result: run.result, rows: run.ahead };
});
fs.writeSync(1, JSON.stringify(found, told));
