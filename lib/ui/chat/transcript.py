"""Messages on the page: a window of the conversation, and the turns added since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib import generations
from lib.generations import Generation
from lib.generations.generation import UNSAVED_SECONDS
from lib.generations.remote import Remote
from lib.store import StoredMessage, Turn
from lib.ui import mine, parts
from lib.ui.chat import attachments, files, footer, sidebar, stream, structure, texts, welcome
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.branches import Branches
from lib.ui.chat.composer import Composer
from lib.ui.chat.view import SLOTS, WINDOW, View
from lib.ui.markdown import plain
from lib.ui.parts import MAX_CHARACTERS
from lib.ui.streamlit_internals import emptied, fragment, fresh
from lib.ui.theme import AVATARS

MAX_WINDOW_CHARACTERS = 4 * MAX_CHARACTERS  # characters of the messages that are drawn at once


class Transcript:
    """The transcript of the chat. Another page's says how it greets, and what it draws under an answer.

    `width` is that of the images in a prompt, in pixels. Where several stand on one page none is `alone`, and `beside`
    is what stands beside this one.
    """

    width = 280
    alone = True
    beside = stream.ALONE

    def __init__(self, view: View, composer: Composer, who: Answerer | None) -> None:
        self.view = view
        self.composer = composer
        self.who = who
        self._places: list[DeltaGenerator] = []
        self._is_whole = True  # the page is being drawn, not one of its fragments
        self._branches = Branches(view, alone=self.alone)

    def greet(self) -> None:
        """Draw what stands where there is no conversation yet."""
        welcome.draw(self.who, self.composer.fill, self.view.project)

    def below(self, answer: StoredMessage) -> None:
        """Draw what else stands under an answer that has ended."""

    def writing(self, _: Generation) -> Callable[[], str]:
        """Return what says how far an answer is while it comes."""
        return lambda: "Writing"

    def draw(self) -> None:
        """Draw the last messages, then the first of the slots for turns; a running answer is followed there."""
        self.view.begin(_running(self.view))
        with fresh("history", self.view.edition):
            self._history()
        self._is_whole = False
        with emptied():
            self._places = [st.empty() for _ in range(SLOTS)]
        self.turn(0)

    def turn(self, number: int) -> None:
        """Draw a turn in its slot, and follow its answer; in the first, what stands where there is none yet."""
        with self._places[number]:
            fragment(self._slot, key=self.view.slot(number))(number)

    def _history(self) -> None:
        view = self.view
        if view.conversation_id is None:
            return
        messages = mine.chats().path(view.conversation_id, limit=view.window + 2)
        live = {number for turn in view.turns for number in (turn.user_id, turn.message_id)}
        settled = [message for message in messages if message.id not in live]
        drawn = _last(settled, view.window)
        if len(settled) > len(drawn):
            st.button("Load earlier", key="earlier", type="tertiary", on_click=_load_earlier, args=(view,))
        self._branches.look(drawn)
        for message in drawn:
            st.fragment(self._settled, key=f"message-{message.id}")(message, last=message is messages[-1])
        self._branches.draw_undo()

    def _settled(self, message: StoredMessage, *, last: bool) -> None:
        """Draw a message; after a click in it that one alone, as it is by then."""
        current = message if self._is_whole else mine.chats().message(message.id)
        if current:
            self._message(current, last=last)

    def _message(self, message: StoredMessage, *, last: bool) -> None:
        with self._bubble(message):
            self._acts(message, last=last)

    def _bubble(self, message: StoredMessage) -> DeltaGenerator:
        """Draw a message without what can be done with it; that stands at the end of what is returned."""
        bubble = st.chat_message(message.role, avatar=AVATARS[message.role])
        with bubble:
            if message.reasoning:
                with st.expander("Reasoning"):
                    texts.draw(message, "reasoning")
            if message.images and message.role == "user":
                attachments.draw(message, self.width)
            self._text(message)
            files.draw(message)
        return bubble

    def _text(self, message: StoredMessage) -> None:
        if message.role == "user" and self._branches.editor(message):
            return
        if structure.draw(message):
            with st.expander("As it came"):
                texts.draw(message)
        else:
            texts.draw(message)

    def _acts(self, message: StoredMessage, *, last: bool) -> None:
        then = partial(self._branches.draw, message, last=last)
        if message.role == "assistant":
            attachments.draw_made(message)
            footer.draw(message, self.composer.retry, (message,), then, self.composer.make_room)
            self.below(message)
        elif message.id not in self.view.editing:
            then()

    def _slot(self, number: int) -> None:
        view = self.view
        view.touch()
        if number == 0:
            self._greet()
            if not view.newcomer:
                sidebar.draw_newcomer(view)
        if number < len(view.turns):
            view.due = number
            self._turn(view.turns[number], f"answer-{number}", view.slot(number))
            view.due = None
        if self.composer.queue.has_moved():
            st.rerun()
        view.touch()

    def _greet(self) -> None:
        if self.view.conversation_id is None:
            self.greet()
        else:
            st.empty()  # takes the place of the welcome, at once

    def _turn(self, turn: Turn, place: str, slot: str | None = None) -> None:
        """Draw a turn; `place` is the name of its answer's, which is emptied at once of another answer.

        What nobody waits for is drawn behind the first words.
        """
        chats, generation = mine.chats(), generations.follow(mine.chats(), turn.conversation_id)
        prompt = chats.message(turn.user_id)
        bubble = self._bubble(prompt) if prompt else None
        self._branches.look([prompt] if prompt else [])  # now: the store may be gone when words come
        beside = partial(self._beside, turn, prompt, bubble)
        with fresh(place, turn.message_id):
            if generation and generation.turn == turn:
                self._follow(generation, slot, beside)
            else:
                beside()
                self._answer(turn)
        if turn == self.view.turns[-1] and _goes_on(turn):
            st.rerun()

    def _beside(self, turn: Turn, prompt: StoredMessage | None, bubble: DeltaGenerator | None) -> None:
        """Draw what can be done with a prompt, and the conversation in the list, if it has begun with it."""
        if self.view.newcomer and turn == self.view.turns[0]:
            sidebar.draw_newcomer(self.view)
        if prompt and bubble:
            with bubble:
                self._acts(prompt, last=False)

    def _answer(self, turn: Turn) -> None:
        if answer := mine.chats().message(turn.message_id):
            self._branches.look([answer])
            self._message(answer, last=True)

    def _follow(self, generation: Generation | Remote, slot: str | None, aside: Callable[[], object]) -> None:
        words = self.writing(generation) if isinstance(generation, Generation) else lambda: "Writing"
        with st.chat_message("assistant", avatar=AVATARS["assistant"]):
            sheet = stream.follow(generation, slot, words, aside=aside, beside=self.beside)
            answer = None
            if isinstance(generation, Generation) and generation.unsaved:
                _await_storage(generation)
            elif answer := mine.chats().message(generation.turn.message_id):
                texts.rest(answer, "reasoning")
                self._rest(answer, sheet)
                self._branches.look([answer])
                self._acts(answer, last=True)
            self.composer.measure(answer)

    def _rest(self, answer: StoredMessage, sheet: stream.Sheet) -> None:
        """Draw what of a text is not drawn yet; one that was to fit a schema anew, as it looks from now on."""
        if structure.is_wanted(answer):
            sheet.clear()
            self._text(answer)
        else:
            texts.rest(answer)


@st.fragment(run_every=UNSAVED_SECONDS)
def _await_storage(generation: Generation) -> None:
    """Say that an answer is not stored; draw the page anew when it is."""
    if not generation.unsaved:
        st.rerun()
    why = plain(str(generation.unsaved))
    st.warning(f"{why} This answer is not stored yet; Parley keeps trying while it runs.")


def _goes_on(turn: Turn) -> bool:
    """Return whether more was asked behind a turn, as a prompt is that waited for its end."""
    return any(message.id > turn.message_id for message in mine.chats().path(turn.conversation_id, limit=1))


def _running(view: View) -> list[Turn]:
    generation = generations.follow(mine.chats(), view.conversation_id) if view.conversation_id else None
    return [generation.turn] if generation else []


def _last(messages: Sequence[StoredMessage], window: int) -> Sequence[StoredMessage]:
    """Return the last messages, as many as a page draws at once, and the last two in any case."""
    room = MAX_WINDOW_CHARACTERS * window // WINDOW
    taken = 0
    for message in reversed(messages[-window:]):
        room -= parts.weight(message.typed) + parts.weight(message.reasoning or "")
        if room < 0 and taken >= 2:
            break
        taken += 1
    return messages[len(messages) - taken :]


def _load_earlier(view: View) -> None:
    view.window += WINDOW
