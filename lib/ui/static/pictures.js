// Pictures that are pasted or dropped anywhere on the image page go to its place for files.
// Streamlit's takes them only when they are dropped right on it, and a browser opens what is dropped beside it.
const PLACE = ".st-key-analysis [data-testid=stFileUploader] input[type=file]";

function hand(event, transfer) {
  const input = document.querySelector(PLACE);
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
  else hand(event, event.clipboardData);
}

const onPlace = (event) => event.target.closest?.("[data-testid=stFileUploader]");

addEventListener("paste", paste, true);
addEventListener("dragover", (event) => {
  if (document.querySelector(PLACE) && !onPlace(event)) event.preventDefault();
});
addEventListener("drop", (event) => {
  if (!onPlace(event)) hand(event, event.dataTransfer);
});
