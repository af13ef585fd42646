"""Groups of variants in a workload file."""

from __future__ import annotations

import pytest

from harness.catalog import workload_file
from harness.catalog.workload import MODELS
from harness.errors import Problem
from harness.paths import WORKLOADS
from tests.support.factories import GROUPS, WORKLOAD, who, workload

OF_MODELS = """
[[groups]]
label = "in place"
models = ["threads"]
"""


def test_a_variant_belongs_to_its_group_and_one_in_no_group_comes_last() -> None:
    demo = workload(WORKLOAD + GROUPS)
    assert [group.label for group in demo.groups] == ["idiomatic", "floor"]
    variants = ("", "pinned", "locks", "of_an_external_runner")
    assert [demo.group_of(who("threads", variant)) for variant in variants] == [0, 0, 1, 2]


def test_a_model_belongs_to_its_group_with_all_its_variants() -> None:
    demo = workload(WORKLOAD + GROUPS + OF_MODELS)
    contestants = [who("threads"), who("threads", "locks"), who("asyncio"), who("asyncio", "locks")]
    assert [demo.group_of(one) for one in contestants] == [2, 2, 0, 1]


@pytest.mark.parametrize("id_", ["filestream", "pickling"])
def test_those_that_do_not_do_what_the_question_asks_do_not_lead(id_: str) -> None:
    """A floor is shown apart from those that pay for the hop, or for the copy."""
    shipped = workload_file.load_folder(WORKLOADS)[id_]
    lead = {model for model in MODELS if shipped.group_of(who(model)) == 0}
    assert "asyncio" in lead
    assert not lead & {"sequential", "go", "go-1cpu"}


def test_without_groups_all_variants_are_together() -> None:
    assert {workload().group_of(who("asyncio", variant)) for variant in ("", "futures")} == {0}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '["", "pinned"]',
            '["pinned"]',
            'groups[0].variants: found ["pinned"], expected also "", the plain implementations',
        ),
        (
            '["locks"]',
            '["pinned"]',
            'groups[1].variants: found "pinned", expected a variant that is in no other group',
        ),
        ('["locks"]', '["Locks"]', 'groups[1].variants: found "Locks", expected a variant'),
        (
            '["locks"]',
            '["locks"]\nmodels = ["ruby"]',
            'groups[1].models: found "ruby", expected a model in no other group, of sequential',
        ),
        ('label = "floor"\n', "", "groups[1].label: found nothing, expected a text"),
        ('label = "floor"', 'lable = ""\nlabel = "floor"', "groups[1].lable: unknown key"),
    ],
)
def test_a_mistake_in_groups_is_named(old: str, new: str, message: str) -> None:
    with pytest.raises(Problem) as caught:
        workload(WORKLOAD + GROUPS.replace(old, new))
    assert message in str(caught.value)
