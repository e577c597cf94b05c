// Puts the cursor where the person will type next, when what had it is gone or has done its work: into the box after a
// link, a starter, a model, the end of an answer; onto what opened a menu when that closes. Streamlit leaves it nowhere.
// Not into the box on touch screens: there it would open the keyboard.
import { ANSWERING, box, kind, onMove, watch } from "./place.js";

const MENU = "[data-testid=stPopoverBody]";
const OPEN = kind(MENU);
const EDITOR = kind("[class*=st-key-editor-] textarea");
const OPENER = "[data-testid=stPopoverButton]";
const LEADS = ".st-key-in-models, .st-key-starters, .st-key-tasks"; // to the box, when something in it was clicked
const CAN = "button:not(:disabled), a[href], input:not(:disabled), textarea:not(:disabled), [tabindex='0']";
const PATIENCE = 5000; // milliseconds that what was clicked may take
const CHANGE = 300; // ... until the box of the page before is gone

let seen = null; // the box that was there
let from = 0; // when to go to the box ...
let until = 0; // ... and when it is too late for that
let opener = null; // of the menu that is open
let isWalking = false; // with Tab: what has the cursor then keeps it

const isIdle = () => document.activeElement === document.body || document.activeElement === null;
const isBusy = () => document.querySelector(`${MENU}, [role=dialog]`) !== null;
const isOnClicked = () => document.activeElement?.matches("button, a, .stMain");

function wantBox(wait = 0) {
  [from, until] = [Date.now() + wait, Date.now() + wait + PATIENCE];
  if (wait) setTimeout(look, wait + 1);
}

function toBox() {
  const input = box();
  if (!input || input.disabled || isBusy()) return;
  if ((isIdle() || (isOnClicked() && !isWalking)) && matchMedia("(pointer: fine)").matches) input.focus({ preventScroll: true });
  until = 0;
}

function look() {
  const input = box();
  if (!seen?.isConnected || seen.disabled) {
    if (input && input !== seen) wantBox();
    seen = input;
  }
  if (opener && !OPEN.element) {
    if (isIdle() && opener.isConnected && Date.now() > until) opener.focus({ preventScroll: true });
    opener = null;
  }
  if (from <= Date.now() && Date.now() < until) toBox();
}

onMove(() => wantBox(CHANGE));
addEventListener("click", (event) => {
  if (event.target.closest?.(LEADS)) wantBox();
  opener = event.target.closest?.(OPENER) ?? opener;
});

// The end of an answer takes its Stop button away, and whoever pressed it types on.
let answering = null;
watch(() => {
  if (answering?.isConnected) return;
  if (answering && (isIdle() || document.activeElement.closest(".st-key-stop"))) wantBox();
  answering = ANSWERING.element;
});
watch(look);

// A prompt that is to be edited has the cursor.
let edited = null;
watch(() => {
  if (edited?.isConnected) return;
  edited = EDITOR.element;
  edited?.focus();
});

// A menu stands at the end of the page, and the Tab key would go past it. Behind its last element comes what is behind
// what opened it.
const visible = (root) => [...root.querySelectorAll(CAN)].filter((each) => each.checkVisibility?.() ?? true);

function step(event) {
  const menu = document.querySelector(MENU), from = document.activeElement;
  if (event.key !== "Tab" || !menu || !opener?.isConnected) return;
  const all = visible(menu), back = event.shiftKey;
  const leaves = menu.contains(from) && from === all.at(back ? 0 : -1);
  const to = from === opener && !back ? all[0] : leaves ? opener : null;
  if (!to) return;
  if (to !== opener || back) event.preventDefault();
  to.focus();
}

// What is typed while nothing that takes it has the cursor goes into the box.
function type({ key, ctrlKey, metaKey, altKey }) {
  const input = box(), isText = key.length === 1 && key !== " " && !ctrlKey && !metaKey && !altKey;
  if (isText && (isIdle() || isOnClicked()) && input && !input.disabled && !isBusy()) input.focus({ preventScroll: true });
}

addEventListener("keydown", ({ key }) => (isWalking ||= key === "Tab"), true);
addEventListener("click", () => (isWalking = false), true);
addEventListener("keydown", step, true);
addEventListener("keydown", type, true);
