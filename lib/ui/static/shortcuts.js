// Keys for what is done often, and the sheet that lists them. All but the sheet's own take two modifiers, which no browser
// keeps for itself with these letters, and which write nothing: so they work while one types, too. On a Mac Option writes
// signs, so Control is in its place. A letter is told by where it lies on keyboards of other scripts.
import { box } from "./place.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const MODIFIERS = isMac ? ["Control", "Shift"] : ["Alt", "Shift"];
const OPENS = ".st-key-keys button"; // the sheet, for who does not know its key
const BUSY = "[data-testid=stPopoverBody], [role=dialog]"; // has keys of its own
const WRITTEN = "textarea, input, select, [contenteditable=true]";
const ROWS = ".st-key-conversations a[href]", OPEN = ".st-key-open-conversation a[href]";
const PATIENCE = 1000; // milliseconds that the sidebar may take to open

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const press = (element) => element?.click();

const KEYS = [
  ["n", "New chat", () => press(document.querySelector("[data-testid=stSidebarUserContent] [data-testid=stPageLink-NavLink]"))],
  ["m", "Write a message", () => box()?.focus()],
  ["p", "Prompts", () => press(all(".st-key-prompts button").find((each) => each.checkVisibility()))],
  ["s", "Search", search],
  ["k", "Conversation above", () => open(-1)],
  ["j", "Conversation below", () => open(1)],
  ["h", "Version before", () => turn("previous")],
  ["l", "Version after", () => turn("next")],
  ["c", "Copy the last answer", () => press(all("[data-testid=stChatMessageContent][aria-label$=assistant] [class*=st-key-copy-] button").at(-1))],
  ["e", "Edit the last prompt", () => press(all("[class*=st-key-edit-] button").at(-1))],
];

function search() {
  const until = Date.now() + PATIENCE;
  const go = () => {
    const input = document.querySelector(".st-key-search input");
    input?.focus();
    input?.select();
    if (input && document.activeElement !== input && Date.now() < until) setTimeout(go, 50);
  };
  press(document.querySelector("[data-testid=stExpandSidebarButton]"));
  go();
}

function open(step) {
  const rows = all(ROWS), at = rows.indexOf(document.querySelector(OPEN));
  press(rows[at < 0 ? 0 : at + step]);
}

// Of the message that has the cursor, or of the last one that has several versions.
function turn(name) {
  const here = document.activeElement.closest("[data-testid=stChatMessage]") ?? document;
  const there = (root) => all("[class*=st-key-beside-]", root).at(-1);
  press((there(here) ?? there(document))?.querySelector(`[class*=st-key-${name}-] button:not(:disabled)`));
}

const sheet = Object.assign(document.createElement("dialog"), { className: "parley-keys" });
sheet.setAttribute("aria-labelledby", "parley-keys-title");

function row(name, keys) {
  const [term, value] = ["dt", "dd"].map((tag) => document.createElement(tag));
  term.textContent = name;
  value.append(...keys.map((key) => Object.assign(document.createElement("kbd"), { textContent: key })));
  return [term, value];
}

function draw() {
  const title = Object.assign(document.createElement("h2"), { id: "parley-keys-title", textContent: "Keys" });
  const list = document.createElement("dl");
  const rows = KEYS.map(([letter, name]) => row(name, [...MODIFIERS, letter.toUpperCase()]));
  list.append(...rows.flat(), ...row("Stop the answer", ["Esc"]), ...row("These keys", ["?"]), ...row("… while you type", [MODIFIERS[0], "?"]));
  const close = Object.assign(document.createElement("button"), { textContent: "Close", autofocus: true });
  close.addEventListener("click", () => sheet.close());
  sheet.append(title, list, close);
  sheet.addEventListener("click", ({ target }) => target === sheet && sheet.close()); // beside it
  document.body.append(sheet);
}

function show() {
  if (!sheet.isConnected) draw();
  if (!sheet.open) sheet.showModal();
}

const isModified = ({ altKey, ctrlKey, metaKey }) => !metaKey && (isMac ? ctrlKey && !altKey : altKey && !ctrlKey);
const letter = ({ key, code }) => (/^[a-z]$/i.test(key) ? key : code.replace("Key", "")).toLowerCase();

function action(event) {
  const { key, shiftKey, ctrlKey, altKey, metaKey, target } = event;
  const isBare = !ctrlKey && !altKey && !metaKey && !target.closest?.(WRITTEN);
  if (key === "?" && (isBare || isModified(event))) return show;
  return shiftKey && isModified(event) ? KEYS.find(([each]) => each === letter(event))?.[2] : undefined;
}

addEventListener("keydown", (event) => {
  if (sheet.open) return event.stopImmediatePropagation(); // Escape closes it, and stops nothing
  const act = !event.isComposing && action(event);
  if (!act || document.querySelector(BUSY)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!event.repeat) act();
}, true);

// The button is the server's, the sheet is not: it is there at once, and an answer that comes is not disturbed.
addEventListener("click", (event) => {
  if (!event.target.closest?.(OPENS)) return;
  event.stopImmediatePropagation();
  show();
}, true);
