"""All that a mouse can do is done with keys alone: a walk over each page, with its list of stops."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, FileChooser, FilePayload

from lib.store import Store
from tests import pictures
from tests.browser.app import App
from tests.browser.chat import DIALOG, INPUT, MENU
from tests.browser.conftest import SIZE
from tests.browser.stops import Stop, follow
from tests.store.calls import dollars, foreign, put

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

RED: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": pictures.file(pictures.quarters())}
NOTES: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"Tides come twice a day."}
TOAST, CHIP, BESIDE = "[data-testid=stToast]", "[data-testid=stFileChip]", "[class*=st-key-beside-]"
FIGURES, RETRY = "[class*=st-key-figures-]", "[class*=st-key-retry-] button"
SIDEBAR, TABLE = "[data-testid=stSidebar]", "[data-testid=stDataFrame]"
BOX = "[data-testid=stBottom] [class*=st-key-prompt] textarea"
ATTACH, SHEET, TURNED = "[data-testid=stChatInputFileUploadButton] button", "dialog.parley-keys", ":not(:disabled)"
STOP, UPLOADED, GREETING = ".st-key-stop button", ".st-key-sending", ".st-key-greeting"
ACTIONS = ".st-key-actions button"
EDITOR, QUEUED = "[class*=st-key-editor-] textarea", "[class*=st-key-queued-]"


ANSWERS = (
    Stop(BOX, ("=think n3 r0 first", "Enter"), FIGURES),
    Stop("[data-testid=stExpander] summary", ("Enter",), "[data-testid=stExpander] details[open]"),
    Stop("[class*=st-key-copy-] button", ("Enter",), TOAST),
    Stop("[class*=st-key-details-] button", ("Enter",), DIALOG),
    Stop(f"{DIALOG} [role=tab]", ("ArrowRight", "Escape"), f"!{DIALOG}"),
    Stop("[class*=st-key-thumb-up-] button", ("Enter",), "[class*=st-key-rated-]"),
    Stop("[class*=st-key-note-] input", ("=why", "Enter"), "[class*=st-key-note-]"),
    Stop("[class*=st-key-regenerate-] button", ("Enter",), BESIDE),
    Stop("[class*=st-key-previous-] button", ("Enter",), f"[class*=st-key-next-] button{TURNED}"),
    Stop("[class*=st-key-next-] button", ("Enter",), f"[class*=st-key-previous-] button{TURNED}"),
    Stop("[class*=st-key-edit-] button", ("Enter",), EDITOR),
    Stop(EDITOR, ("Escape",), "![class*=st-key-editor-]"),
    Stop("[class*=st-key-edit-] button", ("Enter",), EDITOR),
    Stop(EDITOR, ("Control+a", "=n9000 r90 second", "Enter"), STOP),
    Stop(STOP, ("Enter",), RETRY),
    Stop(RETRY, ("Enter",), STOP),
    Stop(BOX, ("Escape",), "[class*=st-key-continue-] button"),
    Stop("[class*=st-key-continue-] button", ("Enter",), "text=3 / 3"),
    Stop("[class*=st-key-fork-] button", ("Enter",), f"!{BESIDE}"),  # the fork has one branch
    Stop("[class*=st-key-delete-] button", ("Enter",), ".st-key-undo-messages button"),
    Stop(".st-key-undo-messages button", ("Enter",), "!.st-key-undo-messages"),
)
QUEUE = (
    Stop(BOX, ("=n9000 r60 long", "Enter"), STOP),
    Stop(BOX, ("=say later", "Enter"), f"{QUEUED} >> text=say later"),
    Stop("[class*=st-key-edit-queued-] button", ("Enter",), EDITOR),
    Stop(EDITOR, ("Control+a", "=say soon", "Enter"), f"{QUEUED} >> text=say soon"),
    Stop("[class*=st-key-take-back-] button", ("Enter",), ".st-key-put-queued-back button"),
    Stop(".st-key-put-queued-back button", ("Enter",), f"{QUEUED} >> text=say soon"),
    Stop(STOP, ("Enter",), "[class*=st-key-send-queued-] button"),
    Stop("[class*=st-key-send-queued-] button", ("Enter",), f"!{QUEUED}"),
)
PROMPT = (
    Stop(".st-key-models button", ("Enter",), "[class*=st-key-pick-] button"),
    Stop("[class*=st-key-pick-] button", ("Enter",), f"!{MENU}"),
    Stop(".st-key-parameters button", ("Enter",), f"{MENU} textarea"),
    Stop(f"{MENU} textarea", ("=Be brief.", "Escape"), f"!{MENU}"),
    Stop(ATTACH, ("Enter",), CHIP),
    Stop(f"{CHIP} button", ("Enter",), f"!{CHIP}"),
    Stop(ATTACH, ("Enter",), ".st-key-attached >> text=tokens"),
    Stop(BOX, ("=n900 r0 long", "Enter"), FIGURES),
    Stop("[class*=st-key-file-] button", ("Enter",), f"{DIALOG} >> text=Tides come twice"),
    Stop(f"{DIALOG} [data-testid=stDownloadButton] button", ("Escape",), f"!{DIALOG}"),
    Stop(".stMain", ("PageUp",), ".parley-to-end"),
    Stop(".stMain", ("End",), "!.parley-to-end"),
)
CONVERSATION = (
    Stop(BOX, ("=n3 r0 of tides", "Enter"), FIGURES),
    Stop(ACTIONS, ("Enter",), ".st-key-rename input"),
    Stop(".st-key-rename input", ("Control+a", "=a name", "Enter"), f"!{MENU}"),
    Stop(ACTIONS, ("Enter",), ".st-key-pin button"),
    Stop(".st-key-pin button", ("Enter",), f"{SIDEBAR} >> text=Pinned"),
    Stop(ACTIONS, ("Enter",), ".st-key-archive button"),
    # The first Escape closes the list of tags, the second the menu.
    Stop(f"{MENU} input[aria-label=Tags]", ("=tides", "Enter", "Escape", "Escape"), f"!{MENU}"),
    Stop(ACTIONS, ("Enter",), ".st-key-conversation-usage button"),
    Stop(".st-key-conversation-usage button", ("Enter",), DIALOG),
    Stop(f"{DIALOG} a", ("Escape",), f"!{DIALOG}"),
    Stop(ACTIONS, ("Enter",), ".st-key-export-one button"),
    Stop(".st-key-export-one button", ("Escape",), f"!{MENU}"),
    Stop(ACTIONS, ("Enter",), ".st-key-share button"),
    Stop(".st-key-share button", ("Enter",), DIALOG),
    Stop(f"{DIALOG} [role=radio]", ("ArrowRight",), DIALOG),
    Stop(f"{DIALOG} input[type=checkbox]", (" ",), DIALOG),
    Stop(".st-key-share-make button", ("Enter",), f"{DIALOG} [class*=st-key-revoke-] button"),
    Stop("[class*=st-key-revoke-] button", ("Enter",), "![class*=st-key-revoke-]"),
    Stop(f"{DIALOG} button", ("Escape",), f"!{DIALOG}"),
    Stop(ACTIONS, ("Enter",), ".st-key-archive button"),
    Stop(".st-key-archive button", ("Enter",), f"!{MENU}"),
    Stop(ACTIONS, ("Enter",), ".st-key-delete button"),
    Stop(".st-key-delete button", ("Enter",), ".st-key-restore button"),
    Stop(".st-key-restore button", ("Enter",), "!.st-key-undo"),
)
SIDE = (
    Stop(BOX, ("=say of apples", "Enter"), FIGURES),
    Stop(f"{SIDEBAR} a[href='']", ("Enter",), GREETING),
    Stop(".st-key-search input", ("=apples",), ".st-key-found a"),
    Stop(".st-key-found a", ("Enter",), FIGURES),
    Stop(".st-key-search input", ("Control+a", "Delete"), "!.st-key-found"),
    Stop(".st-key-filters button", ("Enter",), MENU),
    Stop(f"{MENU} input", ("Escape",), f"!{MENU}"),
    Stop(f"{SIDEBAR} .st-key-import-all button", ("Enter",), DIALOG),
    Stop(f"{DIALOG} [data-testid=stFileUploader] button", ("Escape",), f"!{DIALOG}"),
    Stop(f"{SIDEBAR} .st-key-export-all button", ("Enter",), DIALOG),
    Stop(f"{DIALOG} input[type=radio]", ("ArrowDown",), DIALOG),
    Stop(".st-key-export-go button", ("Enter",), ".st-key-export-file button"),
    Stop(".st-key-export-again button", ("Enter",), ".st-key-export-go button"),
    Stop(".st-key-export-go button", ("Escape",), f"!{DIALOG}"),
    Stop(".st-key-keys button", ("Enter",), SHEET),
    Stop(f"{SHEET} button", ("Enter",), f"!{SHEET}"),
    Stop("[data-testid=stMainMenu] button", ("Enter",), "[data-testid=stMainMenuList]"),
    Stop(
        "[data-testid=stMainMenu] button, [data-testid=stMainMenuList] *", ("Escape",), "![data-testid=stMainMenuList]"
    ),
    Stop(f"{SIDEBAR} a[href='']", ("Enter",), GREETING),
    Stop(".st-key-temporary button", ("Enter",), ".st-key-temporary-about"),
    Stop(BOX, ("=say for now", "Enter"), ".st-key-close-temporary button"),
    Stop(".st-key-close-temporary button", ("Enter",), GREETING),
    Stop(".st-key-starter-0 button", ("Enter",), f"{BOX}:focus"),
    Stop(".st-key-search input", (), "[data-testid=stSidebarCollapseButton] button"),
    Stop("[data-testid=stSidebarCollapseButton] button", ("Enter",), "[data-testid=stExpandSidebarButton]"),
    Stop("[data-testid=stExpandSidebarButton]", ("Enter",), ".st-key-search input"),
)
ENDPOINTS = (
    Stop(f"{SIDEBAR} a[href$='/endpoints']", ("Enter",), ".st-key-check-default button"),
    Stop(".st-key-endpoint-default [data-testid=stPopoverButton]", ("Enter",), f"{MENU} input"),
    Stop(f"{MENU} input", ("=sk-another", "Enter"), f"!{MENU}"),
    Stop(".st-key-check-default button", ("Enter",), ".st-key-use-default button"),
    Stop(".st-key-endpoint-default summary", ("Enter",), ".st-key-endpoint-default details:not([open])"),
    Stop(".st-key-new-endpoint summary", ("Enter",), "[class*=st-key-new_url] input"),
    Stop("[class*=st-key-new_url] input", ("=http://127.0.0.1:9/v1",), "[class*=st-key-new_name] input"),
    Stop("[class*=st-key-new_name] input", ("=mine", "Enter"), ".st-key-remove-mine button"),
    Stop(".st-key-remove-mine button", ("Enter",), "!.st-key-remove-mine"),
    Stop(".st-key-use-default button", ("Enter",), GREETING),
)
USAGE = (
    Stop(f"{SIDEBAR} a[href$='/usage']", ("Enter",), ".st-key-controls"),
    Stop(".st-key-range [role=radio]", ("ArrowRight",), ".stVegaLiteChart"),
    Stop(".st-key-metric input", ("ArrowDown", "ArrowDown", "Enter"), ".stVegaLiteChart"),
    Stop(".st-key-controls [data-testid=stPopoverButton]", ("Enter",), MENU),
    Stop(f"{MENU} input", ("Escape",), f"!{MENU}"),
    Stop(".st-key-what-if summary", ("Enter",), ".st-key-what-if-endpoint input"),
    Stop(f"[class*=st-key-calls-] {TABLE} canvas", ("ArrowDown", "Enter"), f"{DIALOG} .st-key-call"),
    Stop(f"{DIALOG} button", ("Escape",), f"!{DIALOG}"),
    Stop(".st-key-older button", ("Enter",), f".st-key-newer button{TURNED}"),
    Stop(
        f"[class*=st-key-table-] {TABLE} canvas",
        ("ArrowDown", "ArrowDown", "Enter"),
        ".st-key-controls >> text=Filters · 1",
    ),
)
PICTURES = (
    Stop(f"{SIDEBAR} a[href$='/image_analysis']", ("Enter",), "[data-testid=stFileUploader]"),
    Stop("[data-testid=stFileUploader] button", ("Enter",), UPLOADED),
    Stop(f"{UPLOADED} [role=radio]", ("ArrowRight",), UPLOADED),
    Stop("[class*=st-key-remove-] button", ("Enter",), f"!{UPLOADED}"),
    Stop("[class*=st-key-address-menu] button", ("Enter",), f"{MENU} input"),
    Stop(f"{MENU} input", ("=http://x.invalid/a.png", "Escape"), f"!{MENU}"),
    Stop(".st-key-camera button", ("Enter",), "[data-testid=stCameraInput]"),
    Stop(".st-key-camera button", ("Enter",), "![data-testid=stCameraInput]"),
    Stop("[data-testid=stFileUploader] button", ("Enter",), UPLOADED),
    Stop(".st-key-task-0 button", ("Enter",), FIGURES),
    Stop("[data-testid=stMain] a[href*='batch=new']", ("Enter",), ".st-key-batch"),
    Stop(".st-key-batch [data-testid=stFileUploader] button", ("Enter",), ".st-key-batch_clear button"),
    Stop(".st-key-batch_clear button", ("Enter",), "!.st-key-batch_clear"),
)
LANES = (
    Stop(f"{SIDEBAR} a[href$='/compare']", ("Enter",), ".st-key-lane-2"),
    Stop(".st-key-lane-tune-1 button", ("Enter",), f"{MENU} textarea"),
    Stop(f"{MENU} textarea", ("Escape",), f"!{MENU}"),
    Stop(".st-key-compare_add input", ("=default/other", "Enter"), ".st-key-lane-3"),
    Stop(".st-key-lane-remove-3 button", ("Enter",), "!.st-key-lane-3"),
    Stop(INPUT, ("=n9000 r30 side by side", "Enter"), ".st-key-lane-stop-1 button"),
    Stop(".st-key-lane-stop-1 button", ("Enter",), f".st-key-lane-1 {RETRY}"),
    Stop(INPUT, ("Escape",), f".st-key-lane-2 {RETRY}"),
    Stop(".st-key-lane-focus-1 button", ("Enter",), "!.st-key-lane-2"),
    Stop(".st-key-lane-focus-1 button", ("Enter",), ".st-key-lane-2"),
    Stop(".st-key-lane-menu-1 button", ("Enter",), ".st-key-lane-again-1 button"),
    Stop(".st-key-lane-again-1 button", ("Enter",), ".st-key-lane-stop-1 button"),
    Stop(INPUT, ("Escape",), f".st-key-lane-1 {RETRY}"),
    Stop(".st-key-compare_to [role=radio]", ("ArrowRight",), ".st-key-compare_to"),
    Stop(".st-key-compare-words button", ("Enter",), MENU),
    Stop(".st-key-compare-words button", ("Escape",), f"!{MENU}"),
    Stop(".st-key-compare-join button", ("Enter",), f"{MENU} input"),
    Stop(f"{MENU} input", ("Escape", "Escape"), f"!{MENU}"),
    Stop(".st-key-lane-menu-2 button", ("Enter",), ".st-key-lane-delete-2 button"),
    Stop(".st-key-lane-delete-2 button", ("Enter",), "!.st-key-lane-2"),
    Stop(".st-key-restore button", ("Enter",), ".st-key-lane-2"),
)
VOTES = (
    Stop(f"{SIDEBAR} a[href$='/compare']", ("Enter",), ".st-key-lane-2"),
    Stop(".st-key-compare_blind input", (" ",), "role=switch[checked]"),
    Stop(INPUT, ("=n3 r0 which is better", "Enter"), ".st-key-left-1 button"),
    Stop(".st-key-left-1 button", ("Enter",), ".st-key-take-back-1 button"),
    Stop(".st-key-take-back-1 button", ("Enter",), ".st-key-tie-1 button"),
    Stop(".st-key-tie-1 button", ("Enter",), ".st-key-take-back-1 button"),
    Stop(".st-key-room-open-1 button", ("Enter",), ".st-key-room-link-1"),
    Stop(".st-key-room-close-1 button", ("Enter",), "!.st-key-room-link-1"),
    Stop(".st-key-reveal-1 button", ("Enter",), ".st-key-show-lanes button"),
    Stop(".st-key-show-lanes button", ("Enter",), ".st-key-lane-2"),
)
SHOWS = (
    Stop(f"{SIDEBAR} a[href$='/demo']", ("Enter",), ".st-key-demo-new button"),
    Stop(".st-key-demo-new button", ("Enter",), ".st-key-step-form-1"),
    Stop("[class*=st-key-step-prompt-] textarea", ("Control+a", "=say hello", "Control+Enter"), ".st-key-demo-undo"),
    Stop(".st-key-step-edit-1 button", ("Enter",), "!.st-key-step-form-1"),
    Stop(".st-key-rehearse-1 button", ("Enter",), ".st-key-step-1 >> text=recorded on"),
    Stop(".st-key-demo-add button", ("Enter",), ".st-key-step-form-2"),
    Stop("[class*=st-key-step-delete-] button", ("Enter",), "!.st-key-step-2"),
    Stop(".st-key-demo-undo button", ("Enter",), ".st-key-step-2"),
    Stop(".st-key-demo-settings button", ("Enter",), f"{MENU} input"),
    Stop(f"{MENU} input", ("Escape",), f"!{MENU}"),
    Stop(".st-key-present button", ("Enter",), ".st-key-stage"),
    Stop(".st-key-next button", ("Enter",), f".st-key-back button{TURNED}"),
    Stop(".st-key-back button", ("Enter",), f".st-key-next button{TURNED}"),
    Stop(".st-key-blank button", ("Enter",), ":root[data-blank] .stApp"),
    Stop(".st-key-blank button", ("Escape",), ":root:not([data-blank]) .stApp"),
    Stop(".st-key-stage-end button", ("Enter",), ".st-key-present button"),
    Stop(".st-key-demo-close button", ("Enter",), ".st-key-demo-new button"),
)
LIBRARY = (
    Stop(f"{SIDEBAR} a[href$='/library']", ("Enter",), ".st-key-new-prompt button"),
    Stop(".st-key-new-prompt button", ("Enter",), ".st-key-save-entry button"),
    Stop("[data-testid=stForm] input", ("=greet",), ".st-key-save-entry button"),
    Stop("[data-testid=stForm] textarea", ("=say hello",), ".st-key-save-entry button"),
    Stop(".st-key-save-entry button", ("Enter",), "[class*=st-key-edit-entry-] button"),
    Stop("[class*=st-key-edit-entry-] button", ("Enter",), ".st-key-leave-entry button"),
    Stop(".st-key-leave-entry button", ("Enter",), "!.st-key-leave-entry"),
    Stop("[class*=st-key-delete-entry-] button", ("Enter",), ".st-key-undo-entry button"),
    Stop(".st-key-undo-entry button", ("Enter",), "[class*=st-key-use-entry-] button"),
    Stop("[class*=st-key-use-entry-] button", ("Enter",), BOX),
    Stop(BOX, ("Control+a", "Delete"), BOX),
    Stop(".st-key-prompts button", ("Enter",), ".st-key-in-prompts button"),
    Stop(".st-key-in-prompts button", ("Enter",), f"!{MENU}"),
)
STOPS = {
    "answers": ANSWERS,
    "queue": QUEUE,
    "prompt": PROMPT,
    "conversation": CONVERSATION,
    "side": SIDE,
    "endpoints": ENDPOINTS,
    "usage": USAGE,
    "pictures": PICTURES,
    "lanes": LANES,
    "votes": VOTES,
    "shows": SHOWS,
    "library": LIBRARY,
}


@pytest.mark.parametrize("part", STOPS)
def test_walk(context: BrowserContext, app: App, part: str) -> None:
    """Each stop is reached with Tab and does with keys what it does with a mouse."""
    page, given = context.new_page(), NOTES if part == "prompt" else RED
    page.on("filechooser", lambda chooser: _give(chooser, given))
    page.set_viewport_size({**SIZE, "width": 1280})
    if part == "usage":
        _fill(app)
    page.goto(app.url)
    follow(page, STOPS[part])


def _give(chooser: FileChooser, file: FilePayload) -> None:
    chooser.set_files([file])


def _fill(app: App) -> None:
    """Put calls of some days into the ledger, more than a page of them has."""
    with closing(Store.open(f"sqlite:///{app.database}")) as store:
        now = datetime.now(UTC)
        put(store, *(foreign(now - timedelta(hours=hour), model="m1", cost=dollars("0.2")) for hour in range(120)))
