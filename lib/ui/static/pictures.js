// Pictures that are pasted or dropped anywhere on a page go to its place for files: that of the image page, that of a
// batch, or the input box. Streamlit's take them only when they are dropped right on them, and a browser opens what is
// dropped beside.
const UPLOADER = "[data-testid=stFileUploader]", BOX = "[data-testid=stChatInput]";
const PLACE = `:is(.st-key-analysis, .st-key-batch) ${UPLOADER} input[type=file], ${BOX} input[type=file]`;
const root = document.documentElement;

const place = () => document.querySelector(PLACE);

// Whether it is on the place itself, which then takes it.
function isOn(event) {
  return place()?.closest(`${UPLOADER}, ${BOX}`).contains(event.target);
}

function hand(event, transfer) {
  const input = place();
  if (!input || !transfer?.files.length) return;
  event.preventDefault();
  event.stopPropagation();
  input.files = transfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

// A spreadsheet puts its cells into the clipboard as text, as HTML and as a picture of them: what is meant is the text.
function isText(event) {
  const kinds = event.clipboardData?.types ?? [];
  return event.target.closest?.("textarea, input") && kinds.includes("text/plain") && kinds.includes("text/html");
}

function paste(event) {
  if (isText(event)) event.stopPropagation(); // Streamlit's box would take the picture
  else if (!isOn(event)) hand(event, event.clipboardData);
}

// Tells the stylesheet that a picture is about to be attached, so that what is to be known before that is seen.
const NEAR = ":is([data-testid=stChatInputFileUploadButton], .st-key-before-pictures):is(:hover, :focus-within)";
const LINGER = 400; // milliseconds to get from the button to what is said about it
const attaches = (does) => root.toggleAttribute("data-attaching", does);
let leaving = 0;

function approach() {
  clearTimeout(leaving);
  if (document.querySelector(NEAR)) attaches(true);
  else if (root.hasAttribute("data-attaching")) leaving = setTimeout(attaches, LINGER, false);
}

addEventListener("pointerover", approach);
addEventListener("focusin", approach);
addEventListener("paste", paste, true);
addEventListener("dragover", (event) => {
  if (!place() || !event.dataTransfer?.types.includes("Files")) return;
  attaches(true);
  if (!isOn(event)) event.preventDefault();
});
addEventListener("dragleave", (event) => event.relatedTarget ?? attaches(false));
addEventListener("drop", (event) => {
  attaches(false);
  if (!isOn(event)) hand(event, event.dataTransfer);
}, true);
