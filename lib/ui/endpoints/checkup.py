"""What is known of one endpoint: its address, key and models, and what the last check found, step by step."""

from __future__ import annotations

from functools import partial

import streamlit as st

from lib import dates, generations, runtime
from lib.config import Endpoint
from lib.config.secrecy import shown
from lib.endpoints.catalogue import Checkup, Listing
from lib.endpoints.doctor import UNTRIED, Finding
from lib.errors import ChatError
from lib.model_choice import ModelChoice
from lib.ui import mine, problems
from lib.ui.clock import local
from lib.ui.endpoints import session
from lib.ui.markdown import plain
from lib.ui.numbers import count

TICK = 0.4  # seconds between looks at what is still being found out
ICONS = {
    "ok": ":green[:material/check:]",
    "warning": ":orange[:material/warning:]",
    "failed": ":red[:material/close:]",
    "skipped": ":gray[:material/remove:]",
}
HERE = "on this machine, in Parley itself"
STEPS = {"tls": "TLS", "url": "Base URL", "pdf": "PDF"}
KEYS = {
    "this browser session": "key of this session",
    "environment": "key from the environment",
    "secrets.toml": "key from secrets.toml",
    "Parley itself": "no key needed",
}
# Hints are written for a chat, where there is a button to retry.
WORDS = {"then press Retry": "then check again", "Press Retry": "Check again"}


def draw(endpoint: Endpoint) -> None:
    """Draw it, and again and again while something is being found out."""
    busy = _is_busy(endpoint)
    st.fragment(_draw, run_every=TICK if busy else None)(endpoint, busy)


def run(endpoint: Endpoint) -> None:
    """Begin a check."""
    try:
        runtime.current().allow(ModelChoice(endpoint.name, endpoint.model or ""), mine.scope())
        runtime.current().catalogue.check(endpoint, ask=partial(generations.ask, mine.usage(), "doctor"))
    except ChatError as error:
        st.toast(problems.sentences(error))


def _draw(endpoint: Endpoint, busy: bool) -> None:
    if busy != _is_busy(endpoint):
        st.rerun()  # the page draws this anew: with or without looking again
    catalogue = runtime.current().catalogue
    listing, checkup = catalogue.models(endpoint), catalogue.checkup(endpoint)
    st.text(HERE if endpoint.provider == "local" else shown(endpoint.base_url))
    st.caption(_facts(endpoint, listing, checkup))
    if checkup is None:
        _excuse(listing)
    else:
        _findings(checkup)


def _is_busy(endpoint: Endpoint) -> bool:
    catalogue = runtime.current().catalogue
    checkup = catalogue.checkup(endpoint)
    return catalogue.models(endpoint).state == "looking" or bool(checkup and checkup.running)


def _facts(endpoint: Endpoint, listing: Listing, checkup: Checkup | None) -> str:
    origin = session.origin(endpoint)
    facts = [KEYS.get(origin, "no key"), _models(listing)]
    if checkup and not checkup.running and listing.state != "looking":  # else it were too long for a phone
        facts.append(f"checked {dates.time(local(checkup.at))}")
    return " · ".join(facts).capitalize()


def _models(listing: Listing) -> str:
    number = len(listing.models)
    words = "1 model" if number == 1 else f"{count(number)} models"
    unknown = "models unknown" if listing.error else "lists no models"
    states = {"listed": words, "configured": f"{words} configured", "looking": "looking for models …"}
    return states.get(listing.state, unknown)


def _excuse(listing: Listing) -> None:
    if listing.error:
        st.markdown(_line(Finding("models", "warning", str(listing.error), listing.error.hint)))


def _findings(checkup: Checkup) -> None:
    if checkup.badges and not checkup.running:
        st.markdown(_badges(checkup))
    icon = "spinner" if checkup.running else None
    with st.expander(_summary(checkup), expanded=True, type="compact", icon=icon):
        st.markdown("\n".join(_lines(checkup)))


def _badges(checkup: Checkup) -> str:
    colour = "red" if any(finding.state == "failed" for finding in checkup.findings) else "gray"
    return " ".join(f":{colour}-badge[{plain(badge)}]" for badge in checkup.badges)


def _summary(checkup: Checkup) -> str:
    states = [finding.state for finding in checkup.findings]
    if checkup.running:
        return "Checking …"
    troubles = len(states) - states.count("ok") - states.count("skipped")
    wants = "wants" if troubles == 1 else "want"
    return "All is well" if not troubles else f"{troubles} of {len(states)} steps {wants} a look"


def _lines(checkup: Checkup) -> list[str]:
    """Return a line for each step that was tried, and one for all the others."""
    tried = [finding for finding in checkup.findings if finding.says != UNTRIED]
    others = ", ".join(_step(finding) for finding in checkup.findings if finding.says == UNTRIED)
    return [*map(_line, tried), *([f"- {ICONS['skipped']} **Not tried** {others}"] if others else [])]


def _step(finding: Finding) -> str:
    return STEPS.get(finding.step, finding.step.capitalize())


def _line(finding: Finding) -> str:
    says = plain(shown(finding.says))
    line = f"- {ICONS[finding.state]} **{_step(finding)}** {says}"
    return f"{line}  \n  :gray[{plain(_advice(finding))}]" if finding.advice else line


def _advice(finding: Finding) -> str:
    advice = shown(finding.advice)
    for chat, here in WORDS.items():
        advice = advice.replace(chat, here)
    return advice
