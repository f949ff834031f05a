"""What Discord accepts: sizes, names, components, embeds, mentions. Pure checks of a request's body.

Each `check_…` raises `Refused` with the status, code and field errors that Discord documents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any

EPHEMERAL, LOADING, V2 = 1 << 6, 1 << 7, 1 << 15
ROW, BUTTON, STRING_SELECT, TEXT_INPUT, SECTION, TEXT, THUMBNAIL, GALLERY, FILE = (
    1,
    2,
    3,
    4,
    9,
    10,
    11,
    12,
    13,
)
SEPARATOR, CONTAINER, LABEL, UPLOAD = 14, 17, 18, 19
SELECTS = (STRING_SELECT, 5, 6, 7, 8)
_V2_ONLY = (SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER)
_LIMITS = {1: 100, 2: 15, 3: 15}  # commands of each type an application may have


class Refused(Exception):
    """An answer that is no success: `status`, Discord's JSON error `code`, and the fields that are wrong."""

    def __init__(self, status: int, code: int, message: str, errors: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.errors = status, code, message, errors or {}

    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = {"message": self.message, "code": self.code}
        return found | ({"errors": self.errors} if self.errors else {})

    def __str__(self) -> str:
        fields = "; ".join(f"{path}: {text}" for path, text in _flat(self.errors))
        return f"{self.status} {self.code} {self.message}{' — ' + fields if fields else ''}"


def _flat(errors: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in errors.items():
        if key == "_errors":
            yield from ((path, one["message"]) for one in value)
        else:
            yield from _flat(value, f"{path}.{key}".lstrip("."))


class Form:
    """The fields of one body that are wrong; `close` refuses the body if there is any."""

    def __init__(self) -> None:
        self.errors: dict[str, Any] = {}

    def wrong(self, path: str, code: str, message: str) -> None:
        place = self.errors
        for part in path.split("."):
            place = place.setdefault(part, {})
        place.setdefault("_errors", []).append({"code": code, "message": message})

    def text(
        self, body: dict[str, Any], key: str, at: str, most: int, least: int = 0, need: bool = False
    ) -> str:
        """The text under `key`; recorded as wrong when it is no text, too long, too short or missing."""
        value, path = body.get(key), f"{at}.{key}".lstrip(".")
        if value is None:
            if need:
                self.wrong(path, "BASE_TYPE_REQUIRED", "This field is required")
            return ""
        if not isinstance(value, str):
            self.wrong(path, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
            return ""
        if len(value) > most:
            self.wrong(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        elif len(value) < least:
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        return value

    def items(self, body: dict[str, Any], key: str, at: str, most: int, least: int = 0) -> list[Any]:
        """The list under `key`, with as many items as allowed; what is no object is left out."""
        value, path = body.get(key) or [], f"{at}.{key}".lstrip(".")
        if not isinstance(value, list):
            self.wrong(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        if not least <= len(value) <= most:
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        return [one for one in value if isinstance(one, dict)]

    def whole(self, body: dict[str, Any], key: str, at: str, least: int, most: int) -> None:
        value = body.get(key)
        if value is not None and not (isinstance(value, int) and least <= value <= most):
            text = f"int value should be between {least} and {most}."
            self.wrong(f"{at}.{key}".lstrip("."), "NUMBER_TYPE_RANGE", text)

    def link(
        self, body: dict[str, Any], key: str, at: str, schemes: Iterable[str] = ("http", "https")
    ) -> None:
        value = body.get(key)
        if value is None:
            return
        path = f"{at}.{key}".lstrip(".")
        if not re.match(rf"(?:{'|'.join(schemes)})://[^\s/]", str(value)):
            self.wrong(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
        elif len(value) > 2048:
            self.wrong(path, "BASE_TYPE_MAX_LENGTH", "Must be 2048 or fewer in length.")

    def close(self) -> None:
        if self.errors:
            raise Refused(400, 50035, "Invalid Form Body", self.errors)


def check_message(message: dict[str, Any]) -> None:
    """`message`: what the message would be: content, embeds, components, attachments, flags, …"""
    form = Form()
    content = form.text(message, "content", "", 2000)
    embeds = form.items(message, "embeds", "", 10)
    _check_embeds(form, embeds)
    if message.get("flags", 0) & V2:
        for key in ("content", "embeds", "poll", "sticker_ids"):
            if message.get(key):
                text = f"The {key!r} field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                form.wrong(key, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)
    _check_components(form, message)
    form.text(message, "nonce", "", 25) if isinstance(message.get("nonce"), str) else None
    form.close()
    filled = any(message.get(key) for key in ("components", "attachments", "sticker_ids", "poll"))
    if not (content.strip() or filled or any(_shows(embed) for embed in embeds)):
        raise Refused(400, 50006, "Cannot send an empty message")


def _shows(embed: dict[str, Any]) -> bool:
    return any(embed.get(key) for key in "title description fields image thumbnail author footer".split())


def _check_embeds(form: Form, embeds: list[dict[str, Any]]) -> None:
    for at, embed in enumerate(embeds):
        _check_embed(form, embed, f"embeds.{at}")
    if sum(map(embed_length, embeds)) > 6000:
        form.wrong("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def _check_embed(form: Form, embed: dict[str, Any], at: str) -> None:
    form.text(embed, "title", at, 256)
    form.text(embed, "description", at, 4096)
    form.link(embed, "url", at)
    form.whole(embed, "color", at, 0, 0xFFFFFF)
    form.text(embed.get("footer") or {}, "text", f"{at}.footer", 2048, need=bool(embed.get("footer")))
    author = embed.get("author") or {}
    form.text(author, "name", f"{at}.author", 256, need=bool(author))
    form.link(author, "url", f"{at}.author")
    for key in ("image", "thumbnail"):
        form.link(embed.get(key) or {}, "url", f"{at}.{key}", ("http", "https", "attachment"))
    for number, field in enumerate(form.items(embed, "fields", at, 25)):
        form.text(field, "name", f"{at}.fields.{number}", 256, 1, need=True)
        form.text(field, "value", f"{at}.fields.{number}", 1024, 1, need=True)


def embed_length(embed: dict[str, Any]) -> int:
    """The characters that count towards the 6,000 of all embeds of a message."""
    fields = [text for field in embed.get("fields") or [] for text in (field.get("name"), field.get("value"))]
    own = [embed.get("title"), embed.get("description"), (embed.get("footer") or {}).get("text")]
    return sum(len(text or "") for text in [*own, (embed.get("author") or {}).get("name"), *fields])


def walk(components: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Every component, outer before inner."""
    for one in components or ():
        if isinstance(one, dict):
            yield one
            yield from walk(one.get("components") or ())
            yield from walk(inner for key in ("accessory", "component") if (inner := one.get(key)))


def _check_components(form: Form, message: dict[str, Any]) -> None:
    modern = bool(message.get("flags", 0) & V2)
    tops = form.items(message, "components", "", 40 if modern else 5)
    every = list(walk(tops))
    if modern and len(every) > 40:
        text = "The total number of components cannot exceed 40"
        form.wrong("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", text)
    if sum(len(str(one.get("content") or "")) for one in every if one.get("type") == TEXT) > 4000:
        text = "The total length of all text displays cannot exceed 4000"
        form.wrong("components", "COMPONENT_TOTAL_DISPLAYABLE_TEXT_EXCEEDED", text)
    allowed = (ROW, *_V2_ONLY) if modern else (ROW,)
    for at, one in enumerate(tops):
        _check_component(form, one, f"components.{at}", [kind for kind in allowed if kind != THUMBNAIL])
    _check_unique(form, every)


def _check_unique(form: Form, every: list[dict[str, Any]]) -> None:
    for key in ("custom_id", "id"):
        seen = [one[key] for one in every if one.get(key)]
        if len(seen) != len(set(seen)):
            twice = next(value for value in seen if seen.count(value) > 1)
            text = f"Component {key} cannot be duplicated: {twice}"
            form.wrong("components", "COMPONENT_CUSTOM_ID_DUPLICATED", text)


def _check_component(form: Form, one: dict[str, Any], at: str, allowed: Iterable[int]) -> None:
    kind = one.get("type")
    if kind not in allowed:
        return form.wrong(
            f"{at}.type",
            "UNION_TYPE_CHOICES",
            f'Value of field "type" must be one of {{{", ".join(map(str, allowed))}}}.',
        )
    return _CHECKS.get(kind, lambda *_: None)(form, one, at)


def _check_row(form: Form, row: dict[str, Any], at: str) -> None:
    inner = form.items(row, "components", at, 5, 1)
    if any(one.get("type") in SELECTS for one in inner) and len(inner) > 1:
        form.wrong(
            f"{at}.components",
            "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
            "The specified component exceeds the maximum width",
        )
    for number, one in enumerate(inner):
        _check_component(form, one, f"{at}.components.{number}", (BUTTON, *SELECTS))


def _check_button(form: Form, button: dict[str, Any], at: str) -> None:
    form.text(button, "label", at, 80)
    form.whole(button, "style", at, 1, 6)
    link = button.get("style") == 5
    if link:
        form.link(button, "url", at, ("http", "https", "discord"))
    if link != bool(button.get("url")) or link == bool(button.get("custom_id")):
        form.wrong(at, "BUTTON_COMPONENT_INVALID", "A link button has a url, any other button a custom id")
    if not link:
        form.text(button, "custom_id", at, 100, 1, need=True)
    emoji = button.get("emoji") or {}
    if not button.get("label") and not emoji:
        form.wrong(
            at, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A button must have either a label or emoji"
        )
    if emoji and not emoji.get("id") and (not emoji.get("name") or emoji["name"].isascii()):
        form.wrong(f"{at}.emoji.name", "COMPONENT_INVALID_EMOJI", "Invalid emoji")


def _check_select(form: Form, select: dict[str, Any], at: str) -> None:
    form.text(select, "custom_id", at, 100, 1, need=True)
    form.text(select, "placeholder", at, 150)
    form.whole(select, "min_values", at, 0, 25)
    form.whole(select, "max_values", at, 1, 25)
    if select.get("type") != STRING_SELECT:
        return
    options = form.items(select, "options", at, 25, 1)
    for number, option in enumerate(options):
        place = f"{at}.options.{number}"
        form.text(option, "label", place, 100, 1, need=True)
        form.text(option, "value", place, 100, 1, need=True)
        form.text(option, "description", place, 100)
    values = [option.get("value") for option in options]
    if len(values) != len(set(values)):
        form.wrong(
            f"{at}.options",
            "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
            "The specified option value is already used",
        )


def _check_text(form: Form, text: dict[str, Any], at: str) -> None:
    form.text(text, "content", at, 4000, 1, need=True)


def _check_section(form: Form, section: dict[str, Any], at: str) -> None:
    for number, one in enumerate(form.items(section, "components", at, 3, 1)):
        _check_component(form, one, f"{at}.components.{number}", (TEXT,))
    if not isinstance(section.get("accessory"), dict):
        return form.wrong(f"{at}.accessory", "BASE_TYPE_REQUIRED", "This field is required")
    return _check_component(form, section["accessory"], f"{at}.accessory", (BUTTON, THUMBNAIL))


def _check_container(form: Form, container: dict[str, Any], at: str) -> None:
    form.whole(container, "accent_color", at, 0, 0xFFFFFF)
    for number, one in enumerate(form.items(container, "components", at, 40, 1)):
        _check_component(
            form, one, f"{at}.components.{number}", (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR)
        )


def _check_media(form: Form, one: dict[str, Any], at: str) -> None:
    form.text(one, "description", at, 1024)
    form.link(
        one.get("media") or one.get("file") or {"url": ""},
        "url",
        f"{at}.media",
        ("http", "https", "attachment"),
    )


def _check_gallery(form: Form, gallery: dict[str, Any], at: str) -> None:
    for number, item in enumerate(form.items(gallery, "items", at, 10, 1)):
        _check_media(form, item, f"{at}.items.{number}")


_CHECKS: dict[Any, Callable[[Form, dict[str, Any], str], None]] = {
    ROW: _check_row,
    BUTTON: _check_button,
    **dict.fromkeys(SELECTS, _check_select),
    TEXT: _check_text,
    SECTION: _check_section,
    CONTAINER: _check_container,
    THUMBNAIL: _check_media,
    FILE: _check_media,
    GALLERY: _check_gallery,
}


def check_modal(modal: dict[str, Any]) -> None:
    form = Form()
    form.text(modal, "title", "data", 45, 1, need=True)
    form.text(modal, "custom_id", "data", 100, 1, need=True)
    tops = form.items(modal, "components", "data", 5, 1)
    for at, one in enumerate(tops):
        _check_modal_row(form, one, f"data.components.{at}")
    _check_unique(form, list(walk(tops)))
    form.close()


def _check_modal_row(form: Form, one: dict[str, Any], at: str) -> None:
    if one.get("type") == LABEL:
        form.text(one, "label", at, 45, 1, need=True)
        form.text(one, "description", at, 100)
        inner = one.get("component") or {}
        if inner.get("type") == TEXT_INPUT:
            _check_input(form, inner, f"{at}.component", labelled=False)
        else:
            _check_component(form, inner, f"{at}.component", (*SELECTS, UPLOAD, 21, 22, 23))
    elif one.get("type") == ROW and len(one.get("components") or ()) == 1:
        _check_input(form, one["components"][0], f"{at}.components.0", labelled=True)
    elif one.get("type") != TEXT:
        form.wrong(at, "MODAL_COMPONENT_INVALID", "A modal holds labels, texts and rows of one text input")


def _check_input(form: Form, one: dict[str, Any], at: str, labelled: bool) -> None:
    if one.get("type") != TEXT_INPUT:
        return form.wrong(f"{at}.type", "UNION_TYPE_CHOICES", 'Value of field "type" must be one of {4}.')
    form.text(one, "custom_id", at, 100, 1, need=True)
    form.text(one, "label", at, 45, 1, need=labelled)
    form.text(one, "placeholder", at, 100)
    form.whole(one, "style", at, 1, 2)
    form.whole(one, "min_length", at, 0, 4000)
    form.whole(one, "max_length", at, 1, 4000)
    form.text(one, "value", at, min(one.get("max_length") or 4000, 4000))
    return None


def check_choices(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The choices of an answer to autocompletion."""
    form = Form()
    choices = form.items(data, "choices", "data", 25)
    for at, choice in enumerate(choices):
        form.text(choice, "name", f"data.choices.{at}", 100, 1, need=True)
        if isinstance(choice.get("value"), str):
            form.text(choice, "value", f"data.choices.{at}", 100, 1)
    form.close()
    return choices


def check_thread(body: dict[str, Any]) -> None:
    form = Form()
    form.text(body, "name", "", 100, 1, need=True)
    check_thread_times(form, body)
    form.close()


def check_thread_times(form: Form, body: dict[str, Any]) -> None:
    if body.get("auto_archive_duration") not in (None, 60, 1440, 4320, 10080):
        text = "Value must be one of (60, 1440, 4320, 10080)."
        form.wrong("auto_archive_duration", "BASE_TYPE_CHOICES", text)


def check_commands(commands: list[dict[str, Any]]) -> None:
    """A whole set of commands, as bulk overwriting gives it."""
    form = Form()
    for at, command in enumerate(commands):
        _check_command(form, command, str(at))
    for kind, most in _LIMITS.items():
        names = [one.get("name") for one in commands if one.get("type", 1) == kind]
        if len(names) > most:
            raise Refused(400, 30032, f"Maximum number of application commands reached ({most})")
        for at, name in enumerate(names):
            if name in names[:at]:
                form.wrong(
                    f"{at}.name",
                    "APPLICATION_COMMANDS_DUPLICATE_NAME",
                    "Application command names must be unique",
                )
    form.close()


def _check_command(form: Form, command: dict[str, Any], at: str) -> None:
    slash = command.get("type", 1) == 1
    name = form.text(command, "name", at, 32, 1, need=True)
    if slash and name and not _is_name(name):
        form.wrong(f"{at}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    form.text(command, "description", at, 100 if slash else 0, 1 if slash else 0, need=slash)
    if not slash and command.get("options"):
        form.wrong(
            f"{at}.options", "APPLICATION_COMMAND_INVALID_OPTIONS", "Context menu commands have no options"
        )
    _check_options(form, command, at)
    if _command_length(command) > 8000:
        form.wrong(at, "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)")


def _is_name(name: str) -> bool:
    good = all(char in "-_'" or unicodedata.category(char)[0] in "LNM" for char in name)
    return good and name == name.lower()


def _check_options(form: Form, command: dict[str, Any], at: str) -> None:
    options = form.items(command, "options", at, 25)
    for number, option in enumerate(options):
        _check_option(form, option, f"{at}.options.{number}")
    needed = [bool(option.get("required")) for option in options]
    if needed != sorted(needed, reverse=True):
        text = "Required options must be placed before non-required options"
        form.wrong(f"{at}.options", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text)
    names = [option.get("name") for option in options]
    if len(names) != len(set(names)):
        form.wrong(f"{at}.options", "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option names must be unique")


def _check_option(form: Form, option: dict[str, Any], at: str) -> None:
    name = form.text(option, "name", at, 32, 1, need=True)
    if name and not _is_name(name):
        form.wrong(f"{at}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    form.text(option, "description", at, 100, 1, need=True)
    form.whole(option, "type", at, 1, 11)
    choices = form.items(option, "choices", at, 25)
    if choices and option.get("autocomplete"):
        form.wrong(
            f"{at}.choices",
            "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES",
            "Autocomplete options have no choices",
        )
    for number, choice in enumerate(choices):
        form.text(choice, "name", f"{at}.choices.{number}", 100, 1, need=True)
    _check_options(form, option, at)


def _command_length(command: dict[str, Any]) -> int:
    own = len(str(command.get("name") or "")) + len(str(command.get("description") or ""))
    choices = sum(
        len(str(one.get("name"))) + len(str(one.get("value"))) for one in command.get("choices") or ()
    )
    return own + choices + sum(map(_command_length, command.get("options") or ()))


def check_mentions(allowed: dict[str, Any] | None) -> None:
    """`allowed_mentions` as such: kinds that exist, 100 ids at most, no kind both whole and listed."""
    form = Form()
    parse = (allowed or {}).get("parse") or []
    for kind in set(parse) - {"users", "roles", "everyone"}:
        form.wrong(
            "allowed_mentions.parse", "BASE_TYPE_CHOICES", f"{kind!r} is not one of users, roles, everyone"
        )
    for kind in ("users", "roles"):
        listed = (allowed or {}).get(kind) or []
        if listed and kind in parse:
            text = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            form.wrong("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text)
        if len(listed) > 100:
            form.wrong(f"allowed_mentions.{kind}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
    form.close()


def mentioned(text: str, allowed: dict[str, Any] | None) -> tuple[set[int], set[int], bool]:
    """The ids of users and roles, and whether everyone, that `text` pings where `allowed` lets it."""
    parse = ["users", "roles", "everyone"] if allowed is None else allowed.get("parse") or []
    found = [{int(one) for one in re.findall(pattern, text)} for pattern in (r"<@!?(\d+)>", r"<@&(\d+)>")]
    for at, kind in enumerate(("users", "roles")):
        if kind not in parse:
            found[at] &= {int(one) for one in (allowed or {}).get(kind) or []}
    return found[0], found[1], "everyone" in parse and bool(re.search(r"@(everyone|here)\b", text))
