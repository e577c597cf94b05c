// A server that is gone: a sentence of ours in place of Streamlit's dialog, which would stand before the page. Streamlit
// itself looks for the server again and again, and goes on when it is back.
import { watch } from "./place.js";

const APP = "[data-testid=stApp]";
const WAIT = 1000; // milliseconds: a connection that breaks off and is there again is not worth a word
const SENTENCE = "Parley does not answer. What you typed is kept, and this page goes on by itself when Parley is back.";
const sign = Object.assign(document.createElement("div"), { className: "parley-gone", hidden: true });
sign.setAttribute("role", "status");

window.__streamlit = { ...window.__streamlit, HOST_CONFIG: { ...window.__streamlit?.HOST_CONFIG, blockErrorDialogs: true } };

let app = null, timer = 0, wasThere = false;
const states = new MutationObserver(look);

function look() {
  const isThere = app.dataset.testConnectionState === "CONNECTED";
  if (isThere) back();
  else timer ||= setTimeout(tell, wasThere ? WAIT : 10 * WAIT);
}

function tell() {
  app.append(sign);
  sign.hidden = false;
  sign.textContent = SENTENCE;
  document.documentElement.toggleAttribute("data-gone", true);
}

function back() {
  clearTimeout(timer);
  timer = 0;
  if (!sign.hidden) dispatchEvent(new Event("parley:back"));
  sign.hidden = wasThere = true;
  document.documentElement.toggleAttribute("data-gone", false);
}

watch(() => {
  if (app?.isConnected) return;
  app = document.querySelector(APP);
  if (!app) return;
  states.disconnect();
  states.observe(app, { attributeFilter: ["data-test-connection-state"] });
  look();
});
