// `/` at the start of the box offers the prompts that are kept: one walks with the arrows, Enter or Tab takes one, Escape
// none. The server puts it into the box, or asks first for what it leaves open; what stood there already stays before it.
import { BOTTOM, box, onMove, watch } from "./place.js";

const NAMES = ".st-key-prompt-names [data-testid=stText]", FIELD = ".st-key-prompt-chosen input";
const TAKES = ".st-key-in-prompts button, .st-key-in-prompts [role=option]"; // what inserts one, and is not ours
const ASKED = /^\/([^\n]{0,60})$/;
const MAX_SHOWN = 50;
const TICK = 100, PATIENCE = 600000; // milliseconds: between looks at the box, and for which one is waited for

const list = Object.assign(document.createElement("div"), { className: "parley-prompts", id: "parley-prompts", role: "listbox", hidden: true });
list.setAttribute("aria-label", "Prompts");
let offered = [], at = 0; // what is offered, and where one is in it
let refused = ""; // what stood in the box when none was wanted
let waiting = 0;

function names() {
  try {
    return JSON.parse(document.querySelector(NAMES)?.textContent ?? "[]");
  } catch {
    return [];
  }
}

function matching(asked) {
  const begins = (name) => name.startsWith(asked);
  const found = names().map(([id, name]) => ({ id, name, low: name.toLowerCase() })).filter(({ low }) => low.includes(asked));
  return [...found.filter(({ low }) => begins(low)), ...found.filter(({ low }) => !begins(low))].slice(0, MAX_SHOWN);
}

function look() {
  const input = box(), asked = input?.value.match(ASKED)?.[1].toLowerCase();
  if (input?.value !== refused) refused = "";
  const wanted = asked !== undefined && !refused && document.activeElement === input;
  offered = wanted ? matching(asked) : [];
  at = 0;
  draw();
}

function option({ id, name }, number) {
  const row = Object.assign(document.createElement("div"), { id: `parley-prompt-${number}`, role: "option", textContent: name });
  row.dataset.prompt = id;
  return row;
}

function draw() {
  const input = box();
  list.hidden = !offered.length;
  if (list.hidden) return input?.removeAttribute("aria-activedescendant");
  if (!list.isConnected) document.querySelector(BOTTOM).append(list);
  list.replaceChildren(...offered.map(option));
  const { left, top, width } = input.closest("[data-testid=stChatInput]").getBoundingClientRect();
  Object.assign(list.style, { left: `${left}px`, width: `${width}px`, bottom: `${innerHeight - top + 6}px`, maxHeight: `${Math.min(top - 12, 280)}px` });
  input.setAttribute("aria-controls", list.id);
  mark();
}

function mark() {
  [...list.children].forEach((row, number) => row.setAttribute("aria-selected", number === at));
  box()?.setAttribute("aria-activedescendant", `parley-prompt-${at}`);
  list.children[at]?.scrollIntoView({ block: "nearest" });
}

function put(field, text) {
  const { prototype } = field.constructor;
  Object.getOwnPropertyDescriptor(prototype, "value").set.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function choose(id) {
  put(box(), "");
  close();
  const field = document.querySelector(FIELD);
  if (!field) return;
  expect("");
  put(field, `${id} ${Date.now()}`);
}

function close() {
  offered = [];
  draw();
}

// The server's text comes at some time, after what it leaves open is said. It is the person's from then on, as if typed.
function expect(before) {
  const until = Date.now() + PATIENCE, old = box()?.value;
  clearInterval(waiting);
  waiting = setInterval(() => {
    const input = box();
    if (Date.now() > until) clearInterval(waiting);
    if (!input || !input.value || input.value === old) return;
    clearInterval(waiting);
    put(input, before ? `${before}\n\n${input.value}` : input.value);
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
  }, TICK);
}

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

addEventListener("keydown", (event) => {
  if (list.hidden || event.target !== box() || event.isComposing || event.shiftKey) return;
  const { key } = event;
  if (key in STEPS) {
    at = (at + STEPS[key] + offered.length) % offered.length;
    mark();
  } else if (key === "Enter" || key === "Tab") choose(offered[at].id);
  else if (key === "Escape") {
    refused = box().value;
    close();
  } else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

addEventListener("input", ({ target, isTrusted }) => {
  if (target !== box()) return;
  if (isTrusted) clearInterval(waiting); // what is typed is not what was waited for
  look();
});
addEventListener("focusin", look);
addEventListener("focusout", ({ target }) => target === box() && close());
addEventListener("resize", () => list.hidden || draw());
list.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the cursor
list.addEventListener("click", ({ target }) => target.dataset.prompt && choose(target.dataset.prompt));
addEventListener("click", ({ target }) => target.closest?.(TAKES) && expect(box()?.value.trim() ?? ""), true);
onMove(() => {
  clearInterval(waiting);
  close();
});
watch(() => list.hidden || box() || close());
