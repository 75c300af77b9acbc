// A small SpreadsheetApp for Node: just what templates/sheetgd.gs asks of the real one, and
// nothing behind it. Every cell lives on the other side of standard input and output, where
// tests/support/fake_sheets.py has a real workbook at work: one line of JSON asks, one answers.
//
//     node fake_sheets.js SCRIPT.gs SCENE
//
// SCENE is JSON: the sheet in view, the names and their places, what is chosen from the menu
// or called, what is answered to questions, and which of these are double clicks.
"use strict";

const fs = require("node:fs");
const vm = require("node:vm");

const [script, given] = process.argv.slice(2);
const scene = JSON.parse(given);
const menus = [];
const answers = [...scene.answers];
let locked = false;
let doubleClick = null;

function say(line) {
  fs.writeSync(1, JSON.stringify(line) + "\n");
}

function ask(line) {
  say(line);
  const byte = Buffer.alloc(1);
  let text = "";
  while (fs.readSync(0, byte, 0, 1, null) === 1 && byte[0] !== 10) text += byte.toString("latin1");
  return JSON.parse(text);
}

function insist(truth, message) {
  if (!truth) throw new Error(message);
}

function sheet(title) {
  return {
    getName: () => title,
    getNamedRanges: () =>
      Object.keys(scene.names)
        .filter((name) => scene.names[name][0] === title)
        .map((name) => ({ getName: () => name, getRange: () => range(scene.names[name]) })),
  };
}

function range(place) {
  return {
    getSheet: () => sheet(place[0]),
    getValue: () => ask({ what: "value", place }),
    getFormula: () => ask({ what: "formula", place }),
    setValue: (value) => {
      insist(locked, "a cell is changed while another click may be at work");
      insist(typeof value === "number", `${value} is no number`);
      ask({ what: "change", place, value });
    },
  };
}

function message(kind, title, text) {
  insist(typeof title === "string" && typeof text === "string", "a message is two texts");
  say({ what: "message", kind, title, text });
}

const Button = { OK: "OK", CANCEL: "CANCEL", CLOSE: "CLOSE" };
const ButtonSet = { OK: ["OK"], OK_CANCEL: ["OK", "CANCEL"] };

const ui = {
  Button,
  ButtonSet,
  createMenu: (title) => {
    const items = [];
    const menu = {
      addItem: (label, called) => {
        items.push([label, called]);
        return menu;
      },
      addToUi: () => menus.push([title, items]),
    };
    return menu;
  },
  alert: (title, text, buttons) => {
    insist(!locked, "everybody has to wait until this message is read");
    insist(buttons === ButtonSet.OK, "a message has the button OK");
    message("alert", title, text);
    return Button.OK;
  },
  prompt: (title, text, buttons) => {
    insist(!locked, "everybody has to wait until this question is answered");
    insist(buttons === ButtonSet.OK_CANCEL, "a question can be cancelled");
    message("prompt", title, text);
    insist(answers.length > 0, "nobody answers");
    const [button, typed] = answers.shift();
    return { getSelectedButton: () => Button[button], getResponseText: () => typed };
  },
};

const book = {
  getActiveSheet: () => sheet(scene.active),
  getRangeByName: (name) => (name in scene.names ? range(scene.names[name]) : null),
  toast: (text, title) => message("toast", title, text),
};

const lock = {
  tryLock: (milliseconds) => {
    insist(typeof milliseconds === "number", "how long shall it wait?");
    if (locked) return false;
    locked = true;
    return true;
  },
  releaseLock: () => {
    locked = false;
  },
};

const context = vm.createContext({
  SpreadsheetApp: {
    getUi: () => ui,
    getActiveSpreadsheet: () => book,
    flush: () => {
      // The second click of a double click comes while the first is at work.
      const second = doubleClick;
      doubleClick = null;
      if (second !== null) second();
    },
  },
  LockService: { getDocumentLock: () => lock },
});
vm.runInContext(fs.readFileSync(script, "utf8"), context, { filename: script });
context.onOpen();
say({ what: "menus", menus });
for (const { chosen, called, twice } of scene.clicks) {
  const items = menus.flatMap(([, each]) => each);
  const found = chosen === undefined ? called : Object.fromEntries(items)[chosen];
  insist(typeof context[found] === "function", `there is nothing to run for ${chosen || called}`);
  doubleClick = twice ? context[found] : null;
  context[found]();
  insist(!locked, "the lock is never given back");
  insist(doubleClick === null, "the second click never came");
}
