// What the browser's tab says, and what is said to who does not see the page.
// A conversation has its title as its heading, for who goes by headings. A tab is marked when an answer has come in while
// another one was looked at, until this one is looked at again. That an answer is being written is said aloud, and once,
// that it is there.
const MARK = "● ", NAME = /( · )?Parley$/;
const root = document.documentElement;
const voice = Object.assign(document.createElement("p"), { role: "status", className: "parley-unseen" });
const heading = Object.assign(document.createElement("h1"), { className: "parley-unseen" });
let marked = false;

const bare = () => (document.title.startsWith(MARK) ? document.title.slice(MARK.length) : document.title);

function write() {
  const title = marked ? MARK + bare() : bare();
  if (document.title !== title) document.title = title;
  heading.textContent = bare().replace(NAME, "") || "Conversation";
}

// It stands before what Streamlit draws, and is looked after only when a conversation is opened or closed.
function head() {
  const main = document.querySelector("[data-testid=stMain]");
  if (main && (root.hasAttribute("data-open-conversation") || root.hasAttribute("data-temporary"))) main.prepend(heading);
  else heading.remove();
}

function say() {
  const answers = root.hasAttribute("data-answering");
  voice.textContent = answers ? "An answer is being written." : "The answer is there.";
  if (answers || !document.hidden) return;
  marked = true;
  write();
}

document.body.append(voice);
new MutationObserver((changes) => {
  if (changes.some(({ attributeName }) => attributeName === "data-answering")) say();
  head();
}).observe(root, { attributeFilter: ["data-answering", "data-open-conversation", "data-temporary"] });

// Streamlit writes the title whenever it draws the page.
new MutationObserver(write).observe(document.head, { childList: true, subtree: true, characterData: true });

document.addEventListener("visibilitychange", () => {
  marked &&= document.hidden;
  write();
});
