// What Streamlit leaves out for those who go by keys or hear the page. What scrolls within itself, as lanes, a wide table, a
// formula or line of code, is reached and scrolled by keys too; the boxes of a list of tasks say what they are; the place for files
// is a group, as its name wants. Looked for when nothing is being written: to measure, a browser lays the page out.
import { watch } from "./place.js";

const SCROLLS = ".st-key-lanes, [class*=st-key-lanes-], [data-testid=stMarkdownContainer] :is(table, .katex-display), pre";
const TASKS = "[data-testid=stMarkdownContainer] input[type=checkbox]:not([aria-label])";
const FILES = "[data-testid=stFileUploaderDropzone][role=presentation]";
const WAIT = 300; // milliseconds after a change
let due = 0;

const later = () => (due ||= setTimeout(look, WAIT));

function look() {
  due = 0;
  if (document.documentElement.hasAttribute("data-answering")) return later();
  for (const task of document.querySelectorAll(TASKS)) task.ariaLabel = task.checked ? "Done" : "To do";
  for (const place of document.querySelectorAll(FILES)) place.role = "group";
  const found = [...document.querySelectorAll(SCROLLS)].map((each) => [each, each.scrollWidth > each.clientWidth + 1]);
  for (const [each, scrolls] of found) {
    if (scrolls) each.tabIndex = 0;
    else if (each.tabIndex === 0) each.removeAttribute("tabindex");
  }
}

watch(later);
addEventListener("resize", later);
