"""Text of models and of people, made safe and fit to show.

Streamlit's page fetches what an image in markdown points at, and what a mermaid chart points at. Of links it refuses
`javascript:` and `vbscript:` alone; here only SCHEMES and fragments stay links, and the rest shows as written. Code
goes to `st.code`, which only shows text, and prose passes two steps:

dress     reads markdown well enough to look right. Nothing depends on its reading.
safety    breaks what could fetch or open anything, wherever it stands, without reading anything.

docs/rendering.md says what is shown how, and why.
"""

from lib.ui.markdown.blocks import Block, Splitter, blocks, safe
from lib.ui.markdown.labels import plain
from lib.ui.markdown.safety import JOINER
from lib.ui.markdown.typed import typed

__all__ = ["JOINER", "Block", "Splitter", "blocks", "plain", "safe", "typed"]
