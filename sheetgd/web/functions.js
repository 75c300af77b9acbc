"use strict";
// The operations that are no operators, as sheetgd/expression/python.py has them on floats and
// sheetgd/expression/sheet_functions.py on cells: what has no answer, an error of a sheet, is NaN,
// and no number is made of an infinity.
const isError = (value) => typeof value === "number" && !Number.isFinite(value);
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const square = (a) => a * a;
const quotient = (a, b) => (b !== 0 && b - b === 0 ? a / b : NaN);
const sqrt = (a) => (a >= 0 ? Math.sqrt(a) : NaN);
const ln = (a) => (a > 0 ? Math.log(a) : NaN);
// e to a power above 709.78 is beyond all numbers in either language.
const exp = (a) => (a - a === 0 ? Math.exp(a) : NaN);
const sin = (a) => Math.sin(a);
const cos = (a) => Math.cos(a);
const tanh = (a) => (a - a === 0 ? Math.tanh(a) : NaN);
const sigmoid = (a) => (1 + tanh(a / 2)) / 2;
const softplus = (a) =>
  a - a === 0 ? (a > 0 ? a : 0) + Math.log(1 + Math.exp(-Math.abs(a))) : NaN;
const abs = (a) => Math.abs(a);
const sign = (a) => (a - a === 0 ? (a > 0 ? 1 : a < 0 ? -1 : 0) : NaN);
const floor = (a) => Math.floor(a);
const max = (a, b) => (a - a + (b - b) === 0 ? (b > a ? b : a) : NaN);
const min = (a, b) => (a - a + (b - b) === 0 ? (b < a ? b : a) : NaN);
const whenEqual = (a, b, then, other) => (a - a + (b - b) === 0 ? (a === b ? then : other) : NaN);
const whenAtLeast = (a, b, then, other) => (a - a + (b - b) === 0 ? (a >= b ? then : other) : NaN);

// Python's remainder has the sign of the divisor.
function remainder(a, b) {
  const found = b !== 0 ? a % b : NaN;
  return found !== 0 && found < 0 !== b < 0 ? found + b : found;
}

// The shortcuts of a square, a root and a quotient are what Python takes, too; of what overflows the
// sign is lost, as an error has none.
function power(a, b) {
  if (b === 2) return a * a;
  if (Math.abs(a) === Infinity || Math.abs(b) === Infinity) return NaN;
  if (b === 0.5) return sqrt(a);
  if (a === 0 && b < 0) return NaN;
  if (b === -1) return 1 / a;
  const found = a === 1 ? 1 : a ** b;
  return Math.abs(found) === Infinity ? Infinity : found;
}

// Halves go away from zero, of the decimal number that is shown: see rounded in functions.py.
function rounded(value, decimals) {
  if (!Number.isFinite(value) || (Math.abs(value) >= 2 ** 53 && decimals >= 0)) return value;
  const [digits, exponent] = Math.abs(value).toExponential().split("e");
  const whole = BigInt(digits.replace(".", ""));
  const beyond = digits.replace(".", "").length - 1 - Number(exponent) - decimals;
  if (beyond <= 0) return value;
  const unit = 10n ** BigInt(beyond);
  const found = Number(`${(whole + unit / 2n) / unit}e${-decimals}`);
  return value < 0 || Object.is(value, -0) ? -found : found;
}

const log10 = (a) => (a > 0 ? Math.log10(a) : NaN);
const when = (condition, then, other) => (isError(condition) ? NaN : condition ? then : other);
const ifError = (value, other) => (isError(value) ? other : value);
const allOf = (...truths) => (truths.some(isError) ? NaN : truths.every(Boolean));
const anyOf = (...truths) => (truths.some(isError) ? NaN : truths.some(Boolean));
const shown = (value) =>
  typeof value === "number" ? String(Number(value.toPrecision(15))).toUpperCase() : String(value);
const joined = (...pieces) => (pieces.some(isError) ? NaN : pieces.map(shown).join(""));

// Any text is above any number.
function compared(holds) {
  return (a, b) => {
    if (isError(a) || isError(b)) return NaN;
    const [one, other] =
      typeof a === "string" && typeof b === "string"
        ? [a.toLowerCase(), b.toLowerCase()]
        : typeof a === "string" || typeof b === "string"
          ? [typeof a === "string", typeof b === "string"].map(Number)
          : [Number(a), Number(b)];
    return holds(one, other);
  };
}
const isEqual = compared((a, b) => a === b);
const isOther = compared((a, b) => a !== b);
const isBelow = compared((a, b) => a < b);
const isAtMost = compared((a, b) => a <= b);
const isAbove = compared((a, b) => a > b);
const isAtLeast = compared((a, b) => a >= b);
const lowest = (...values) => values.reduce((a, b) => Math.min(a, b));
const highest = (...values) => values.reduce((a, b) => Math.max(a, b));

// What is taken over all rows, in the order of OVER_ROWS in javascript.py.
const total = (values) => values.reduce((sum, value) => sum + value);
const fromMean = (values) => {
  const mean = total(values) / values.length;
  return values.map((value) => value - mean);
};
const overRows = [
  total,
  (values) => values.length,
  (values) => lowest(...values),
  (values) => highest(...values),
  (values) => total(fromMean(values).map(square)),
];
