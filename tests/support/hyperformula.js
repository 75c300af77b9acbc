// Computes a workbook with HyperFormula: node hyperformula.js NODE_MODULES WORKBOOK.json
//
// The file holds the sheets as rows of cells, a formula as a text that begins with =, and the
// names. What comes out is what each formula cell holds, [sheet, row, column, value], an error
// as {error}.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const [modules, workbook] = process.argv.slice(2);
const { HyperFormula, DetailedCellError } = require(path.join(modules, "hyperformula"));
const { sheets, names } = JSON.parse(fs.readFileSync(workbook, "utf8"));

const longest = Math.max(...Object.values(sheets).map((rows) => rows.length));
const engine = HyperFormula.buildFromSheets(
  sheets,
  {
    licenseKey: "gpl-v3",
    useArrayArithmetic: true,
    smartRounding: false,
    precisionEpsilon: 0,
    maxRows: Math.max(longest, 40000),
  },
  names
);
const found = [];
for (const [title, rows] of Object.entries(sheets)) {
  const sheet = engine.getSheetId(title);
  rows.forEach((cells, row) =>
    cells.forEach((content, col) => {
      if (typeof content !== "string" || !content.startsWith("=")) return;
      const value = engine.getCellValue({ sheet, row, col });
      const error = value instanceof DetailedCellError;
      found.push([title, row + 1, col + 1, error ? { error: value.value } : value]);
    })
  );
}
process.stdout.write(JSON.stringify(found));
