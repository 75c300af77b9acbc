/**
 * Run Epoch, Run N Epochs and Reset, as menu items or buttons in Google Sheets, for a
 * workbook that sheetgd has built. The workbook needs none of it: this script only changes
 * the yellow cells clicks and epochs, as you can by hand, and keeps nothing anywhere else.
 *
 * To use it:
 *   1. Upload the workbook to Google Drive, open it, and choose File > Save as Google Sheets.
 *   2. There, choose Extensions > Apps Script, replace what is in the editor by this text,
 *      and save.
 *   3. Reload the spreadsheet: a menu called sheetgd appears. The first time, Google asks
 *      whether the script may change this spreadsheet.
 *   4. For buttons, choose Insert > Drawing, draw one, save it, then open its menu of three
 *      dots, choose Assign script and type runEpoch, runNEpochs or reset.
 *
 * What they do:
 *   Run Epoch     adds 1 to clicks, so that as many epochs are run as the cell epochs says.
 *   Run N Epochs  runs exactly N more. What is run is epochs x clicks. Where that can become
 *                 the right number by clicks alone, epochs stays as it is; else epochs
 *                 becomes the greatest common divisor of itself and that number, clicks
 *                 follows, and a message says so.
 *   Reset         sets clicks to 0. epochs stays as it is.
 *
 * They act on the page in view where it, or the log in view, has a cell clicks of its own
 * (As published has one); everywhere else on the first page.
 *
 * @OnlyCurrentDoc
 */

/** Something that the reader should know, and can put right. */
class Refusal extends Error {}

function onOpen() {
  SpreadsheetApp.getUi()
    .createMenu("sheetgd")
    .addItem("Run Epoch", "runEpoch")
    .addItem("Run N Epochs...", "runNEpochs")
    .addItem("Reset", "reset")
    .addToUi();
}

function runEpoch() {
  attempt_("Run Epoch", (page) => {
    const { epochs, clicks } = page.withRoom();
    if (epochs === 0) {
      throw new Refusal("epochs is 0, so a click runs nothing: make it 1 or more.");
    }
    page.put({ clicks: clicks + 1 });
    return page.outcome(epochs * (clicks + 1));
  });
}

function runNEpochs() {
  const title = "Run N Epochs";
  const ui = SpreadsheetApp.getUi();
  const answer = ui.prompt(title, "How many more epochs?", ui.ButtonSet.OK_CANCEL);
  if (answer.getSelectedButton() !== ui.Button.OK) return;
  const typed = answer.getResponseText().trim();
  attempt_(title, (page) => {
    if (!/^[0-9]+$/.test(typed) || Number(typed) === 0) {
      throw new Refusal(`"${typed}" is not a number of epochs: give a whole number, 1 or more.`);
    }
    const { epochs, run, capacity } = page.withRoom();
    const wanted = run + Number(typed);
    const total = Math.min(wanted, capacity);
    const each = divisor_(epochs, total);
    page.put({ epochs: each, clicks: total / each });
    const changed =
      each === epochs
        ? ""
        : ` For that, epochs is now ${each} (it was ${epochs}) and clicks ${total / each}: ` +
          `from here on, a click of Run Epoch runs ${each}.`;
    return page.outcome(wanted) + changed;
  });
}

function reset() {
  attempt_("Reset", (page) => {
    const epochs = page.cell("epochs").getValue();
    page.put({ clicks: 0 });
    return `${page.title()}: back at the start, clicks is 0. epochs stays ${epochs}.`;
  });
}

/**
 * One thing at a time: a click that comes while the last one is at work is let go, so that a
 * double click counts once. Nobody is kept waiting while a message is read.
 */
function attempt_(title, change) {
  const book = SpreadsheetApp.getActiveSpreadsheet();
  const lock = LockService.getDocumentLock();
  if (!lock.tryLock(100)) {
    book.toast("The last click is still at work. Try again in a moment.", title);
    return;
  }
  let refusal = null;
  let told = "";
  try {
    told = change(new Page(book));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refusal = error;
  } finally {
    lock.releaseLock();
  }
  if (refusal === null) {
    book.toast(told, title, 10);
  } else {
    const ui = SpreadsheetApp.getUi();
    ui.alert(title, refusal.message, ui.ButtonSet.OK);
  }
}

/** The page that is to be changed, and its cells by their names. */
class Page {
  constructor(book) {
    this.book = book;
    this.suffix = "";
    const names = book.getActiveSheet().getNamedRanges().map((range) => range.getName());
    const own = names.map((name) => /^(?:clicks|capacity)(_.+)$/.exec(name)).find(Boolean);
    // A cell clicks with a formula follows the first page, and is not to be changed here.
    if (own && this.cell("clicks" + own[1]).getFormula() === "") this.suffix = own[1];
  }

  cell(name) {
    const range = this.book.getRangeByName(name + this.suffix);
    if (range === null) {
      throw new Refusal(
        `No cell of this spreadsheet is named ${name + this.suffix}. This script is for ` +
          "workbooks that sheetgd has built: upload one, and save it as a Google Sheet."
      );
    }
    return range;
  }

  title() {
    return this.cell("clicks").getSheet().getName();
  }

  /** A cell's whole number; an empty cell counts as 0, as it does in formulas. */
  whole(name) {
    const value = this.cell(name).getValue();
    if (value === "") return 0;
    if (!Number.isInteger(value) || value < 0) {
      throw new Refusal(`${name} is "${value}": it must be a whole number, 0 or more.`);
    }
    return value;
  }

  /** The state of the page, where more epochs can be run. */
  withRoom() {
    const epochs = this.whole("epochs");
    const clicks = this.whole("clicks");
    const capacity = this.whole("capacity");
    const run = this.whole("epochs_run");
    if (run >= capacity) {
      throw new Refusal(
        `There is room for ${epochs_(capacity)} here, and all have been run. Reset starts ` +
          "over. For more, a new workbook with more room is needed."
      );
    }
    if (run < epochs * clicks) {
      throw new Refusal(
        `The descent stopped by itself after ${epochs_(run)}, as its settings say; more ` +
          "would change nothing. Reset starts over."
      );
    }
    return { epochs, clicks, capacity, run };
  }

  /** Write numbers into named cells: all that differ, or none. */
  put(numbers) {
    const different = Object.keys(numbers).filter(
      (name) => this.cell(name).getValue() !== numbers[name]
    );
    for (const name of different) {
      const formula = this.cell(name).getFormula();
      if (formula !== "") {
        throw new Refusal(
          `${name} on the page ${this.title()} would have to become ${numbers[name]}, but it ` +
            `holds the formula ${formula}, which is yours to change. Nothing has been changed.`
        );
      }
    }
    for (const name of different) this.cell(name).setValue(numbers[name]);
    SpreadsheetApp.flush();
  }

  /** What the sheet itself says now, and why that may be less than was wanted. */
  outcome(wanted) {
    const run = this.whole("epochs_run");
    const capacity = this.whole("capacity");
    const said = `${this.title()}: ${epochs_(run)} run in all.`;
    if (run >= wanted) return said;
    if (run < capacity) return `${said} There the descent stopped by itself.`;
    return `${said} There is no room for more: that takes a new workbook.`;
  }
}

function epochs_(count) {
  return count === 1 ? "1 epoch" : `${count} epochs`;
}

/** The greatest common divisor of two whole numbers, by Euclid; divisor_(0, n) is n. */
function divisor_(one, other) {
  return other === 0 ? one : divisor_(other, one % other);
}
