// Reads a workbook with ExcelJS: node read_with_exceljs.js NODE_MODULES WORKBOOK
// Prints what read_with_sheetjs.js does.
const Excel = require(require("path").join(process.argv[2], "exceljs"));

const plain = (value) => {
  if (value === null || value === undefined) return "";
  if (typeof value === "object" && "error" in value) return [value.error];
  if (typeof value === "object" && "richText" in value) return value.richText.map((each) => each.text).join("");
  return typeof value === "object" && "text" in value ? value.text : value;
};

(async () => {
  const book = new Excel.Workbook();
  await book.xlsx.readFile(process.argv[3]);
  const found = { sheets: {}, formulas: 0 };
  book.eachSheet((sheet) => {
    found.sheets[sheet.name] = [];
    sheet.eachRow((row) => row.eachCell((cell) => {
      // The cells that a merged one covers hold its value, too.
      if (cell.isMerged && cell.master !== cell) return;
      const value = cell.formula === undefined ? cell.value : cell.result;
      found.sheets[sheet.name].push([cell.fullAddress.row, cell.fullAddress.col, plain(value)]);
      found.formulas += cell.formula === undefined ? 0 : 1;
    }));
  });
  process.stdout.write(JSON.stringify(found));
})();
