// What is typed and not sent stays with its conversation: over other pages, over a reload, and when the server is gone.
// It is kept where it was typed. The server would have to be told of every key, and could not keep what it never got.
// What was sent is kept until the server has it: an answer is being written, or the conversation has an address.
import { ANSWERING, BOTTOM, box, onMove, place, watch } from "./place.js";

const NAME = "parley-draft ";
const MAX_DRAFTS = 50;
const BEGINS = ".st-key-tasks button"; // what sends a prompt without the box
const SUBMIT = `${BOTTOM} [data-testid=stChatInputSubmitButton]:not(.st-key-queue *)`;
const setValue = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;

let seen = null; // the box that has its draft
let sends = false; // whether the place is about to change because a prompt was sent
let pending = null; // the place of what was sent and may not have come yet
let since = Date.now(); // when this page was loaded, or the server came back

const names = () => Object.keys(localStorage).filter((name) => name.startsWith(NAME));

function read(where) {
  try {
    return JSON.parse(localStorage.getItem(NAME + where));
  } catch {
    return null;
  }
}

function keep(where, text, sent = false) {
  if (!text.trim()) return localStorage.removeItem(NAME + where);
  const draft = JSON.stringify({ text, sent, at: Date.now() });
  try {
    localStorage.setItem(NAME + where, draft);
  } catch { // the browser's room is full
    forgetOldest(1);
    try {
      localStorage.setItem(NAME + where, draft);
    } catch {} // then it is not kept
  }
}

function forgetOldest(most) {
  const at = (name) => read(name.slice(NAME.length))?.at ?? 0;
  for (const name of names().sort((one, other) => at(other) - at(one)).slice(most)) localStorage.removeItem(name);
}

function put(input, text) {
  if (input.value === text) return;
  setValue.call(input, text);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

const bare = (text) => text.replace(/[^\p{L}\p{N}]/gu, "").slice(0, 200);

function isOnPage(text) {
  const prompts = [...document.querySelectorAll("[data-testid=stChatMessageContent][aria-label$=user], [class*=st-key-queued-]")];
  return prompts.some((prompt) => bare(prompt.textContent).startsWith(bare(text)));
}

// What was sent before this page was loaded is looked for in the conversation, so once that is drawn.
const isDrawn = () => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning";

function restore(input) {
  const draft = read(place());
  if (draft?.sent && draft.at < since) {
    if (!isDrawn() && !isOnPage(draft.text)) return;
    if (isOnPage(draft.text)) localStorage.removeItem(NAME + place());
    else put(input, draft.text);
  } else if (draft && !draft.sent) put(input, draft.text);
  seen = input;
}

function look() {
  const input = box(), sign = pending && ANSWERING.element;
  if (sign && !sign.querySelector("[class*=st-key-thinking]")) {
    if (read(pending)?.sent) localStorage.removeItem(NAME + pending);
    pending = null;
  }
  if (input === null || input === seen || input.disabled) return;
  if (input.value) seen = input; // from the server, or kept by the page
  else restore(input);
}

onMove((here, before, how) => {
  const input = box(), begun = sends && how !== "popstate" && before.startsWith("/") && !here.startsWith("/");
  sends = false;
  if (begun) {
    pending = null;
    localStorage.removeItem(NAME + before);
    if (input) keep(here, input.value);
    return;
  }
  if (!input) return;
  if (input.value) keep(before, input.value);
  const draft = read(here);
  put(input, draft && !draft.sent ? draft.text : "");
});

addEventListener("input", (event) => {
  if (event.target === box()) keep(place(), event.target.value);
});

// What the server has put there is not typed, and nothing told of it.
addEventListener("pagehide", () => {
  const input = box();
  if (input?.value && !pending) keep(place(), input.value);
});

let typed = ""; // what is in the box before the page takes it out
function note(event) {
  if (event.target === box() || event.target.closest?.(SUBMIT)) typed = box()?.value ?? "";
}
function send() {
  if (!typed.trim()) return;
  sends = true;
  pending = place();
  keep(pending, typed, true);
  typed = "";
}

addEventListener("keydown", note, true);
addEventListener("keydown", (event) => {
  if (event.target === box() && event.key === "Enter" && !event.shiftKey && !event.isComposing) send();
});
addEventListener("click", note, true);
addEventListener("click", (event) => {
  if (event.target.closest?.(SUBMIT)) send();
  else if (event.target.closest?.(BEGINS)) sends = true;
  else if (event.target.closest?.("a[href]")) sends = false;
});
addEventListener("parley:back", () => {
  since = Date.now();
  seen = null;
  look();
});

forgetOldest(MAX_DRAFTS);
watch(look);
