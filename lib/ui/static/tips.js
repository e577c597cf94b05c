// What a button does, said beside it once it is pointed at or reached by Tab. A button that Streamlit gives a help to is
// drawn twice, each time with what a tooltip wants: a third of all that an answer added to a page.
const TIPS = {
  "conversation-menu": "Rename, tag, pin, archive, usage, share, demo, export or delete",
  meter: "What the next call sends",
  "new-session": "Leave this session and fill in the form of a new one",
  "sign-out": "Ends your sessions in all browsers",
  temporary: "Not listed and not searched; gone when you close it, or after an hour.",
  // What is done with a message, whose number follows.
  "continue-": "Go on from where the answer ends",
  "copy-": "Copy as written",
  "delete-": "Delete from here on",
  "details-": "Request, response and code",
  "edit-": "Edit and send again",
  "fork-": "Branch into a new chat",
  "next-": "Next version",
  "previous-": "Previous version",
  "regenerate-": "Answer again, with the model and parameters chosen below",
  "thumb-down-": "Mark as a bad answer",
  "thumb-up-": "Mark as a good answer",
};
const BACK = "Take this back"; // what a second click on a thumb does
const WAITING = 400; // milliseconds
const GAP = 6; // pixels
const tip = Object.assign(document.createElement("div"), { id: "tip", role: "tooltip", hidden: true });
let about = null, later = 0;
let pressed = false; // and not moved since: whatever comes under the pointer then was not pointed at

function words(button) {
  const [, key] = /st-key-([a-z-]+)/.exec(button.closest("[class*=st-key-]")?.className) ?? [];
  const label = button.querySelector("[data-testid=stMarkdownContainer]");
  if (button.closest("[class*=st-key-rated-]")) return BACK;
  return TIPS[key] ?? (label?.offsetWidth < 2 ? label.textContent : "");
}

function show(button) {
  hide();
  tip.textContent = words(button);
  if (!tip.textContent || !button.isConnected || button.ariaExpanded === "true") return;
  about = button;
  about.setAttribute("aria-describedby", tip.id);
  (document.querySelector(".stMain") ?? document.body).append(tip); // within a landmark
  tip.hidden = false;
  const at = button.getBoundingClientRect(), above = at.top - tip.offsetHeight - GAP;
  const left = at.left + (at.width - tip.offsetWidth) / 2;
  tip.style.left = `${Math.max(GAP, Math.min(left, innerWidth - tip.offsetWidth - GAP))}px`;
  tip.style.top = `${above < GAP ? at.bottom + GAP : above}px`;
}

function hide() {
  clearTimeout(later);
  about?.removeAttribute("aria-describedby");
  about = null;
  tip.hidden = true;
}

const button = (event) => event.target.closest?.("button");
addEventListener("pointerover", (event) => {
  if (about === button(event) || event.pointerType === "touch") return;
  hide();
  if (button(event) && !pressed) later = setTimeout(show, WAITING, button(event));
});
addEventListener("pointerdown", () => (pressed = true), true);
addEventListener("pointermove", (event) => (pressed &&= !event.movementX && !event.movementY), true);
addEventListener("focusin", (event) => button(event)?.matches(":focus-visible") && show(button(event)));
for (const end of ["focusout", "pointerdown", "keydown", "blur"]) addEventListener(end, hide, true);
addEventListener("scroll", hide, true);
