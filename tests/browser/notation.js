// Writes what a page shows in the one line that tests/ui/markdown/cases.py has of it.
(root) => {
  const BLOCK = /^(P|H[1-6]|UL|OL|LI|TABLE|THEAD|TBODY|TR|BLOCKQUOTE|PRE|DIV|HR|SECTION)$/;
  const inline = (node, keeps) => {
    if (node.nodeType === 3) return keeps ? node.data.replaceAll("\n", "⏎") : node.data.replaceAll(/\s*\n\s*/g, " ");
    if (node.nodeType !== 1) return "";
    const text = () => [...node.childNodes].map((child) => inline(child, keeps)).join("");
    if (node.matches(".katex-display")) return `⟦⟦${tex(node)}⟧⟧`;
    if (node.matches(".katex")) return `⟦${tex(node)}⟧`;
    if (node.matches("[data-testid=stHeaderActionElements]")) return "";
    switch (node.tagName) {
      case "STRONG": return `**${text()}**`;
      case "EM": return `*${text()}*`;
      case "DEL": return `~~${text()}~~`;
      case "CODE": return `\`${text()}\``;
      case "A": return `[${text()}](${node.getAttribute("href")})`;
      case "BR": return "⏎";
      case "INPUT": return node.checked ? "☑" : "☐";
      case "TD": case "TH": return text() + (node.nextElementSibling ? " | " : "");
      default: return text();
    }
  };
  const tex = (node) => node.querySelector("annotation").textContent.trim().replaceAll(/\s+/g, " ");
  const parts = [];
  let line = "";
  const flush = (keeps) => {
    const text = line.replaceAll("\u2060\u2063", "");
    if (text.trim()) parts.push(keeps ? text : text.trim().replaceAll(/⏎ /g, "⏎"));
    line = "";
  };
  const walk = (node) => {
    if (node.nodeType !== 1) { line += inline(node, false); return; }
    if (node.matches("[data-testid=stCode]")) {
      flush();
      const code = node.querySelector("code");
      const language = /language-([\w+#.-]+)/.exec(code.className)?.[1];
      parts.push(`⟨${language && !["null", "plaintext"].includes(language) ? `${language}: ` : ""}${code.textContent.replaceAll("\n", "⏎")}⟩`);
    } else if (node.matches(".katex-display, .katex")) line += inline(node, false);
    else if (node.matches("P, TR, H1, H2, H3, H4, H5, H6")) {
      const keeps = /^pre/.test(getComputedStyle(node.querySelector("td") ?? node).whiteSpace);
      line += [...node.childNodes].map((child) => inline(child, keeps)).join("");
      flush(keeps && node.tagName === "P");
    } else if (node.tagName === "LI") {
      flush();
      line = "• ";
      [...node.childNodes].forEach(walk);
      flush();
    } else if (BLOCK.test(node.tagName) || node.querySelector("p, li, tr, [data-testid=stCode]")) {
      [...node.childNodes].forEach(walk);
      if (node.tagName !== "DIV") flush();
    } else line += inline(node, false);
  };
  walk(root);
  flush();
  return parts.join(" ¶ ");
}
