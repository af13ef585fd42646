"""Context variables: each task runs in its own copy of the context in which it was spawned."""

from __future__ import annotations

from contextvars import ContextVar

from runner import scratch

NAME: ContextVar[str] = ContextVar("NAME", default="unset")


def test_a_task_sees_what_its_parent_had_set_and_changes_only_its_own_context() -> None:
    seen: dict[str, list[str]] = {}

    async def child(name: str) -> None:
        seen[name] = [NAME.get()]
        NAME.set(name)
        await scratch.checkpoint()  # now the other child sets its own
        seen[name].append(NAME.get())

    async def main() -> str:
        NAME.set("parent")
        async with scratch.TaskGroup() as group:
            group.spawn(child("one"))
            group.spawn(child("two"))
            NAME.set("later")
        return NAME.get()

    assert scratch.run(main) == "later"
    assert seen == {"one": ["parent", "one"], "two": ["parent", "two"]}
    assert NAME.get() == "unset"


def test_a_cancelled_task_cleans_up_in_its_own_context() -> None:
    seen: list[str] = []

    async def child() -> None:
        NAME.set("child")
        try:
            await scratch.sleep(60)
        finally:
            seen.append(NAME.get())

    async def main() -> None:
        task = scratch.spawn(child())
        await scratch.checkpoint()
        task.cancel()

    scratch.run(main)
    assert seen == ["child"]
