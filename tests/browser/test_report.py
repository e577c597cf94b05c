"""The web page that a conversation is exported as, opened from the disk with the network off."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from lib.chats.exports import html_of
from lib.messages import Extras, LinkedImage, Source
from lib.model_choice import Parameters
from lib.store import LOCAL, ForeignConversation, ForeignMessage, Store
from tests import pictures
from tests.chats.test_exports import IMAGES, THEN

pytestmark = pytest.mark.browser

HOSTILE = (
    "</title></code></pre></details><script>document.title='ran'</script><svg onload=alert(1)>"
    "<img src=https://evil.invalid/a onerror=alert(1)><iframe src=https://evil.invalid/b></iframe>"
    "<style>@import 'https://evil.invalid/c'; body{background:url(https://evil.invalid/d)}</style>"
    "<link rel=prefetch href=https://evil.invalid/e><meta http-equiv=refresh content='0;url=https://evil.invalid/f'>"
    "<base href=https://evil.invalid/><form action=https://evil.invalid/g><input autofocus onfocus=alert(1)></form>"
    '![x](https://evil.invalid/h) [x](javascript:alert(1)) [x](https://evil.invalid/"onmouseover=alert(1)//)'
)
ANSWER = f"""# {HOSTILE}

{HOSTILE}

- {HOSTILE}

> {HOSTILE}

| {HOSTILE} | b |
|---|---|
| `{HOSTILE}` | 1 |

```html
{HOSTILE}
```

```{HOSTILE}
"""


def written(store: Store, folder: Path) -> Path:
    """Write the page of a conversation in which everything that can be is hostile."""
    linked = LinkedImage("https://evil.invalid/i.png")
    extras = Extras((Source(HOSTILE, "https://a.b/s"), Source("s", f"https://evil.invalid/{HOSTILE}")))
    tree = (
        ForeignMessage("user", HOSTILE, THEN, THEN, images=(IMAGES[0], linked)),
        ForeignMessage("assistant", ANSWER, THEN, THEN, 0, ANSWER, error=HOSTILE, model=HOSTILE, extras=extras),
    )
    params = Parameters(HOSTILE).dump()
    store.chats(LOCAL).take_in(ForeignConversation("c", HOSTILE, THEN, THEN, tree, 1, params=params))
    page = folder / "report.html"
    page.write_text("".join(html_of(store.chats(LOCAL), ["c"], with_system=True)), encoding="utf-8")
    return page


def test_offline(store: Store, tmp_path: Path, context: BrowserContext) -> None:
    """It asks for nothing but itself, runs nothing, and shows its picture and all that was said as text."""
    page, asked, spoken = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: spoken.append(message.text))
    page.on("dialog", lambda dialog: (spoken.append(dialog.message), dialog.dismiss()))
    context.set_offline(True)
    address = written(store, tmp_path).as_uri()
    page.goto(address, wait_until="load")
    page.locator("summary").first.click()
    page.wait_for_load_state("networkidle")

    assert [url for url in asked if not url.startswith("data:")] == [address]
    assert spoken == []
    assert page.title() != "ran"
    assert page.locator("script, iframe, form, link, base, svg, [onload], [onerror], [onmouseover]").count() == 0
    assert page.evaluate("[...document.images].map(image => image.naturalWidth)") == [pictures.quarters().width]
    assert page.locator(".assistant td").first.text_content() == HOSTILE
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
