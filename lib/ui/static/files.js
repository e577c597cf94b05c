// Has the page say what attached files come to as soon as they have come, or one is taken away, before anything is sent:
// Streamlit itself tells the server of them with the prompt.
import { box, watch } from "./place.js";

const CHIP = "[data-testid=stFileChip]";
const COMING = "[data-testid=stFileChipIconSpinner]";
const LOOK = ".st-key-look-at-files button";
const PICTURE = /\.(png|jpe?g|webp|gif|bmp|tiff?|hei[cf]|avif)/i;
const SETTLING = 300; // milliseconds in which the server hears that one was taken away

let seen = "";

watch(() => {
  const place = box()?.closest("[data-testid=stChatInput]"), chips = place ? [...place.querySelectorAll(CHIP)] : [];
  const names = chips.map((chip) => chip.textContent).join("\n");
  if (names === seen || chips.some((chip) => chip.querySelector(COMING))) return;
  seen = names;
  document.documentElement.toggleAttribute("data-attached", chips.length > 0);
  document.documentElement.toggleAttribute("data-pictured", chips.some((chip) => PICTURE.test(chip.textContent)));
  if (chips.length) setTimeout(() => document.querySelector(LOOK)?.click(), SETTLING);
});
