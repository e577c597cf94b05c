// Text goes in its own direction. What stands right in a piece of text, and what is typed into, gets dir="auto"; the
// stylesheet turns paragraphs, items and cells inside of it. Code gets dir="ltr": with it, it does not decide for others.
const TURNED = "[data-testid=stMarkdownContainer] > *, textarea, input[type=text]";
const CODE = "code, pre, .katex";

function turn(root) {
  const all = (selector) => [...(root.matches(selector) ? [root] : []), ...root.querySelectorAll(selector)];
  for (const element of all(CODE)) element.dir = "ltr";
  for (const element of all(TURNED)) element.dir ||= "auto";
}

new MutationObserver((changes) => {
  for (const change of changes) for (const node of change.addedNodes) if (node.nodeType === 1) turn(node);
}).observe(document.documentElement, { childList: true, subtree: true });
