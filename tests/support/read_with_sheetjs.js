// Reads a workbook with SheetJS: node read_with_sheetjs.js NODE_MODULES WORKBOOK
// Prints the cells of each sheet as [row, column, value], an error as the text in a list of its
// own, and how many formulas there are.
const xlsx = require(require("path").join(process.argv[2], "xlsx"));
const ERRORS = {
  0x00: "#NULL!", 0x07: "#DIV/0!", 0x0f: "#VALUE!", 0x17: "#REF!", 0x1d: "#NAME?", 0x24: "#NUM!", 0x2a: "#N/A",
};

const book = xlsx.readFile(process.argv[3], { cellText: false, cellHTML: false });
const found = { sheets: {}, formulas: 0 };
for (const title of book.SheetNames) {
  found.sheets[title] = [];
  for (const [address, cell] of Object.entries(book.Sheets[title])) {
    if (address.startsWith("!")) continue;
    const { r, c } = xlsx.utils.decode_cell(address);
    found.sheets[title].push([r + 1, c + 1, cell.t === "e" ? [ERRORS[cell.v]] : cell.v]);
    found.formulas += cell.f === undefined ? 0 : 1;
  }
}
process.stdout.write(JSON.stringify(found));
