"""The application's commands: for everywhere, and for one server."""

from __future__ import annotations

from typing import Any

from tests.fake_discord_request import MISSING_ACCESS, Answer, Call, Handler, known
from tests.fake_discord_rules import Refused, check_commands


class Commands:
    """Routes of commands; what is registered is in `world.commands`, by server (None: everywhere) and id."""

    def __init__(self, world: Any) -> None:
        self.world = world

    def routes(self, app: str) -> dict[str, Handler]:
        table: dict[str, Handler] = {}
        for place in (f"{app}/commands", f"{app}/guilds/{{guild_id}}/commands"):
            table |= {
                f"GET {place}": lambda call: (200, list(self._commands(call).values())),
                f"PUT {place}": self._overwrite_commands,
                f"POST {place}": self._add_command,
                f"GET {place}/{{command_id}}": lambda call: (200, self._command(call)),
                f"PATCH {place}/{{command_id}}": self._change_command,
                f"DELETE {place}/{{command_id}}": self._delete_command,
            }
        return table

    def _guild(self, call: Call) -> int:
        guild = known(self.world.guilds, call.id("guild_id"), 10004, "Unknown Guild")
        if not guild.has_bot:
            raise Refused(*MISSING_ACCESS)
        return int(guild.id)

    def _commands(self, call: Call) -> dict[int, dict[str, Any]]:
        if call.id("application_id") != self.world.application_id:
            raise Refused(403, 20012, "You are not authorized to perform this action on this application")
        key = self._guild(call) if "guild_id" in call.match else None
        held: dict[int, dict[str, Any]] = self.world.commands.setdefault(key, {})
        return held

    def _command(self, call: Call) -> dict[str, Any]:
        found: dict[str, Any] = known(
            self._commands(call), call.id("command_id"), 10063, "Unknown application command"
        )
        return found

    def _overwrite_commands(self, call: Call) -> Answer:
        held, new = self._commands(call), call.raw if isinstance(call.raw, list) else []
        check_commands(new)
        old = {(one["type"], one["name"]): one["id"] for one in held.values()}
        held.clear()
        for one in new:
            self._store(call, held, one, old.get((one.get("type", 1), one["name"])))
        return 200, list(held.values())

    def _add_command(self, call: Call) -> Answer:
        held = self._commands(call)
        twin = [
            one
            for one in held.values()
            if (one["type"], one["name"]) == (call.body.get("type", 1), call.body.get("name"))
        ]
        check_commands([*(one for one in held.values() if one not in twin), call.body])
        return 200 if twin else 201, self._store(call, held, call.body, twin[0]["id"] if twin else None)

    def _change_command(self, call: Call) -> Answer:
        merged = self._command(call) | call.body
        check_commands([merged])
        return 200, self._store(call, self._commands(call), merged, merged["id"])

    def _delete_command(self, call: Call) -> Answer:
        self._command(call)
        del self._commands(call)[call.id("command_id")]
        return 204, None

    def _store(
        self, call: Call, held: dict[int, dict[str, Any]], command: dict[str, Any], key: str | None
    ) -> dict[str, Any]:
        permissions = command.get("default_member_permissions")
        made = {
            "options": [],
            "nsfw": False,
            "description": "",
            "type": 1,
            "contexts": None,
            "integration_types": [0],
        }
        made |= {name: value for name, value in command.items() if value is not None}
        made |= {"id": key or str(self.world.new_id()), "application_id": str(self.world.application_id)}
        made |= {"version": str(self.world.new_id())}
        made["default_member_permissions"] = None if permissions is None else str(permissions)
        made |= {"guild_id": call.match["guild_id"]} if "guild_id" in call.match else {}
        held[int(made["id"])] = made
        return made
