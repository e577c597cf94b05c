// Tells the stylesheet, by attributes of the root, what it must know of the page as a whole.
// A rule with :has() there would look through the page for each word of an answer.
import { ANSWERING, kind, watch } from "./place.js";

const SIGNS = {
  "data-answering": ANSWERING,
  "data-open-conversation": kind(".st-key-open-conversation"),
  "data-greeting": kind(".st-key-greeting"),
  "data-temporary": kind(".st-key-temporary-open"),
  "data-no-picture": kind(".st-key-no-picture"),
  "data-stage": kind(".st-key-stage, .st-key-stage-notes"),
};
const SETTLING = 400; // milliseconds in which the input box moves down, when a conversation begins

function settle() {
  const box = document.querySelector("[data-testid=stBottom]");
  box?.toggleAttribute("data-settling", true);
  setTimeout(() => box?.toggleAttribute("data-settling", false), SETTLING);
}

// Menus and dialogs stand outside of what Streamlit gives its theme to; this tells them whether it is light or dark.
let app = null, look = "";
function theme() {
  if (app?.isConnected && app.className === look) return;
  app = document.querySelector(".stApp");
  look = app?.className ?? "";
  document.documentElement.style.colorScheme = app ? getComputedStyle(app).colorScheme : "";
}
watch(theme);

watch(() => {
  const root = document.documentElement, greeted = root.hasAttribute("data-greeting");
  for (const [name, { element }] of Object.entries(SIGNS)) root.toggleAttribute(name, element !== null);
  if (greeted && !root.hasAttribute("data-greeting")) settle();
});
