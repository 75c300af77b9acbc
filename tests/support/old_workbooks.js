// Writes the .xls and .xlsb files of tests/data/old_workbooks.json: each compressed, in base64.
// NODE_PATH=... node tests/support/old_workbooks.js FILE... > tests/data/old_workbooks.json
// FILE... are taken as they are: dates.xls and hidden_rows.xls are LibreOffice's.
const { readFileSync } = require("node:fs");
const { basename } = require("node:path");
const zlib = require("node:zlib");
const XLSX = require("xlsx");

const TABLE = [["x", "y"], [1, 10.5], [2, 20.5], [3, 30.5]];
const PASSED = [["x", "y"], [1, true], [2, false], [3, true]];
const error = { t: "e", v: 7 };

function book(sheets, hidden = []) {
  const workbook = XLSX.utils.book_new();
  for (const [name, sheet] of Object.entries(sheets)) {
    XLSX.utils.book_append_sheet(workbook, sheet, name);
  }
  workbook.Workbook = { Sheets: Object.keys(sheets).map((name) => ({ Hidden: hidden.includes(name) ? 1 : 0 })) };
  return workbook;
}

function sheet(rows, origin = "A1", change = () => {}) {
  const made = XLSX.utils.aoa_to_sheet([]);
  XLSX.utils.sheet_add_aoa(made, rows, { origin });
  change(made);
  return made;
}

const days = [31, 32, 61].map((day) => ({ t: "n", v: 45291 + day, z: "yyyy-mm-dd" }));
const BOOKS = {
  plain: book({ Data: sheet(TABLE) }),
  offset: book({ Data: sheet([["Springs"], [], ...TABLE.map((row) => [null, null, ...row])], "B3") }),
  hidden: book({ Old: sheet([["x", "y"], [7, 70], [8, 80]]), Data: sheet(TABLE) }, ["Old"]),
  dates: book({ Data: sheet(TABLE, "A1", (made) => days.forEach((day, n) => { made[`A${n + 2}`] = day; })) }),
  booleans: book({ Data: sheet(PASSED) }),
  error: book({ Data: sheet(TABLE, "A1", (made) => { made.B3 = error; }) }),
  error_elsewhere: book({ Data: sheet(TABLE.map((row) => [...row, "z"]), "A1", (made) => { made.C3 = error; }) }),
  texts: book({ Data: sheet(TABLE.map((row) => row.map(String))) }),
  footer: book({ Data: sheet([...TABLE, ["Total", 61.5]]) }),
  long: book({ Data: sheet([["x", "y"], ...Array.from({ length: 400 }, (_, n) => [n + 1, n / 8])]) }),
};

// SheetJS writes cells without their column after the first of a row; Excel writes them in full.
function inFull(bytes) {
  const short = [1, 2, 3, 4, 5, 6, 7];
  const records = [];
  const number = (most) => {
    let found = 0;
    for (let n = 0, byte = 128; n < most && byte & 128; n += 1) {
      byte = bytes[place++];
      found += (byte & 127) * 128 ** n;
    }
    return found;
  };
  const bytesOf = (value) => (value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
  let place = 0;
  let column = 0;
  while (place < bytes.length) {
    const start = place;
    let kind = bytes[place++];
    if (kind & 128) kind = (kind & 127) + 128 * bytes[place++];
    const size = number(4);
    const body = bytes.subarray(place, place + size);
    place += size;
    if (kind >= 1 && kind <= 11) column = body.readUInt32LE(0);
    if (kind >= 12 && kind <= 18) {
      const at = Buffer.alloc(4);
      at.writeUInt32LE(column += 1);
      records.push(Buffer.from([short[kind - 12], ...bytesOf(size + 4), ...at, ...body]));
    } else {
      records.push(bytes.subarray(start, place));
    }
  }
  return Buffer.concat(records);
}

function asExcelDoes(bytes) {
  const files = XLSX.CFB.read(bytes, { type: "buffer" });
  for (const file of files.FileIndex) {
    if (/^sheet\d+\.bin$/.test(file.name)) file.content = inFull(Buffer.from(file.content));
  }
  return XLSX.CFB.write(files, { type: "buffer", fileType: "zip", compression: true });
}

const files = {};
for (const [name, workbook] of Object.entries(BOOKS)) {
  const write = (bookType) => XLSX.write(workbook, { bookType, type: "buffer", compression: true });
  files[`${name}.xls`] = write("biff8");
  files[`${name}.xlsb`] = asExcelDoes(write("xlsb"));
  if (name === "plain") files["short_cells.xlsb"] = write("xlsb");
}
delete files["dates.xls"]; // SheetJS leaves the dates of these without a format
for (const path of process.argv.slice(2)) files[basename(path)] = readFileSync(path);
// A workbook with a password is an OLE file with these two streams.
const locked = XLSX.CFB.utils.cfb_new();
XLSX.CFB.utils.cfb_add(locked, "/EncryptionInfo", Buffer.alloc(248, 4));
XLSX.CFB.utils.cfb_add(locked, "/EncryptedPackage", Buffer.alloc(8192, "sealed"));
files["locked.xlsx"] = XLSX.CFB.write(locked, { type: "buffer" });
// An old one has the record FILEPASS (47) behind the first; it stands for the next three here.
files["locked.xls"] = Buffer.from(files["plain.xls"]);
files["locked.xls"].set([47, 0, 12, 0], files["locked.xls"].indexOf(Buffer.from([0xe1, 0, 2, 0])));
const packed = Object.entries(files).map(([name, bytes]) => [name, zlib.deflateSync(bytes).toString("base64")]);
console.log(JSON.stringify(Object.fromEntries(packed), null, 1));
