"""Who answers in a demonstration, looked up where the browser session is: an answer begins in threads of its own."""

from __future__ import annotations

from dataclasses import replace

from lib.compare.lanes import Contender
from lib.compare.packs import Pack
from lib.compare.shows import Troupe
from lib.errors import ChatError
from lib.model_choice import ModelChoice
from lib.ui.compare.lane import contender
from lib.ui.endpoints import session

STAND_IN = "Is asked in place of endpoints that are not here: so a pack from elsewhere can be rehearsed."


def of(pack: Pack, stand_in: ModelChoice | None) -> Troupe:
    """Return who answers in all lanes of a pack."""
    return Troupe([(lane, _found(lane, stand_in)) for step in pack.steps for lane in step.lanes])


def _found(lane: ModelChoice, stand_in: ModelChoice | None) -> Contender | ChatError:
    is_missing = session.find(lane.endpoint) is None
    choice = replace(stand_in, parameters=lane.parameters) if stand_in and is_missing else lane
    try:
        return contender(choice)
    except ChatError as error:
        return error
