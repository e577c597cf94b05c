// Has the page say what attached files come to as soon as they have come, or one is taken away, before anything is sent:
// Streamlit itself tells the server of them with the prompt.
import { box, watch } from "./place.js";

const CHIP = "[data-testid=stFileChip]";
const COMING = "[data-testid=stFileChipIconSpinner]";
const LOOK = ".st-key-look-at-files button";
const SETTLING = 300; // milliseconds in which the server hears that one was taken away

let seen = "";

watch(() => {
  const place = box()?.closest("[data-testid=stChatInput]"), chips = place ? [...place.querySelectorAll(CHIP)] : [];
  const names = chips.map((chip) => chip.textContent).join("\n");
  if (names === seen || chips.some((chip) => chip.querySelector(COMING))) return;
  seen = names;
  document.documentElement.toggleAttribute("data-attached", chips.length > 0);
  if (chips.length) setTimeout(() => document.querySelector(LOOK)?.click(), SETTLING);
});
