"""The ways to read a model's name: what each is read as, in which order, and what is never read into one."""

from __future__ import annotations

from typing import Final

import pytest

from otel_llm_cost.prices.spelling import Reading, readings

KEYS: Final = {
    "anthropic": "anthropic",
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "google",
    "google": "google",
    "openai": "openai",
    "openrouter": "openrouter",
    "vertex_ai": "google",
}


def read(provider: str, name: str) -> list[Reading]:
    return list(readings(provider, name, KEYS.get))


def names(provider: str, name: str) -> list[str]:
    return [reading.name for reading in read(provider, name)]


@pytest.mark.parametrize(
    "name", ["gpt-4o", "GPT-4o", " gpt-4o\n", "my-gpt-4o", "gpt-4o-mini-distilled", "llama3:8b", "01-ai/yi-large", "a/b/c"]
)
def test_a_name_is_first_read_as_it_stands_without_regard_to_case(name: str) -> None:
    assert read("acme", name)[0] == Reading("acme", name.strip().lower())
    assert len(read("acme", name)) == 1


@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_name_is_none(name: str) -> None:
    assert read("openai", name) == []


@pytest.mark.parametrize(
    ("provider", "name", "meant"),
    [
        pytest.param("google", "models/gemini-2.5-flash", ("google", "gemini-2.5-flash", None), id="models/"),
        pytest.param("google", "publishers/google/models/gemini-2.5-flash", ("google", "gemini-2.5-flash", None), id="publishers/"),
        pytest.param(
            "google",
            "projects/p/locations/europe-west1/publishers/google/models/gemini-2.5-flash",
            ("google", "gemini-2.5-flash", "europe-west1"),
            id="projects/",
        ),
        pytest.param("google", "claude-opus-4-5@20251101", ("google", "claude-opus-4-5-20251101", None), id="vertex-date"),
        pytest.param("google", "claude-opus-4-5@default", ("google", "claude-opus-4-5", None), id="vertex-default"),
        pytest.param("openai", "openai/gpt-4o", ("openai", "gpt-4o", None), id="its-own-seller"),
        pytest.param("openai", "openai:gpt-4o", ("openai", "gpt-4o", None), id="pydantic-ai"),
        pytest.param(
            "openai", "anthropic/claude-opus-4-5", ("anthropic", "claude-opus-4-5", None), id="openais-client-at-a-gateway"
        ),
        pytest.param("", "anthropic/claude-opus-4-5", ("anthropic", "claude-opus-4-5", None), id="a-gateway"),
        pytest.param("", "openrouter/openai/gpt-4o", ("openrouter", "openai/gpt-4o", None), id="litellm-openrouter"),
        pytest.param("", "vertex_ai/gemini-2.5-flash", ("google", "gemini-2.5-flash", None), id="litellm-vertex"),
        pytest.param("", "azure/gpt-4o", ("azure.ai.openai", "gpt-4o", None), id="litellm-azure"),
        pytest.param("", "bedrock/eu-west-1/a.m-1-v1:0", ("aws.bedrock", "a.m-1-v1:0", "eu-west-1"), id="litellm-bedrock-region"),
        pytest.param("", "bedrock/converse/a.m-1-v1:0", ("aws.bedrock", "a.m-1-v1:0", None), id="litellm-bedrock-converse"),
        pytest.param(
            "aws.bedrock",
            "arn:aws:bedrock:eu-west-1::foundation-model/a.m-1-v1:0",
            ("aws.bedrock", "a.m-1-v1:0", "eu-west-1"),
            id="foundation-model",
        ),
        pytest.param(
            "aws.bedrock",
            "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.a.m-1-v1:0",
            ("aws.bedrock", "us-gov.a.m-1-v1:0", "us-gov-west-1"),
            id="inference-profile",
        ),
        pytest.param(
            "",
            "arn:aws:bedrock:us-east-1::foundation-model/a.m-1",
            ("aws.bedrock", "a.m-1", "us-east-1"),
            id="an-arn-names-its-seller",
        ),
        pytest.param("openai", "ft:gpt-4o-mini-2024-07-18:org::id", ("openai", "ft:gpt-4o-mini-2024-07-18", None), id="fine-tune"),
        pytest.param(
            "openai",
            "ft:gpt-4o-mini-2024-07-18:org:name:id:ckpt-step-90",
            ("openai", "ft:gpt-4o-mini-2024-07-18", None),
            id="checkpoint",
        ),
        pytest.param(
            "azure.ai.openai",
            "gpt-4o-mini-2024-07-18.ft-0a1b",
            ("azure.ai.openai", "ft:gpt-4o-mini-2024-07-18", None),
            id="azure-fine-tune",
        ),
        pytest.param(
            "anthropic", "claude-opus-4-5-2025-11-01", ("anthropic", "claude-opus-4-5-20251101", None), id="a-date-without-dashes"
        ),
        pytest.param("openai", "gpt-4o-20240806", ("openai", "gpt-4o-2024-08-06", None), id="a-date-with-dashes"),
    ],
)
def test_a_name_may_be_read_without_its_wrapper(provider: str, name: str, meant: tuple[str, str, str | None]) -> None:
    assert meant in [reading[:3] for reading in read(provider, name) if reading.assumed is None]


@pytest.mark.parametrize(
    ("profile", "order"),
    [
        ("us.a.m-1-v1:0", ["us.a.m-1-v1:0", "regional.a.m-1-v1:0", "a.m-1-v1:0"]),
        ("a.m-1-v1:0", ["a.m-1-v1:0", "regional.a.m-1-v1:0"]),
        ("global.a.m-1-v1:0", ["global.a.m-1-v1:0"]),
    ],
)
def test_a_profile_of_bedrock_is_read_at_its_own_geography_first(profile: str, order: list[str]) -> None:
    got = names("aws.bedrock", profile)
    assert sorted(order, key=got.index) == order
    assert not [name for name in got if name.startswith("global.")] or profile.startswith("global.")
    assert ("a.m-1-v1:0" in got) == (not profile.startswith("global."))


@pytest.mark.parametrize(
    ("name", "never"),
    [
        ("anthropic.claude-v2:1", {"anthropic.claude-v2", "anthropic.claude", "anthropic.claude-v2:0"}),
        ("anthropic.claude-v2", {"anthropic.claude", "anthropic.claude-v2:1"}),
        ("anthropic.claude-instant-v1", {"anthropic.claude-instant"}),
        ("amazon.titan-text-express-v1", {"amazon.titan-text-express"}),
    ],
)
def test_a_version_that_names_the_model_stays(name: str, never: set[str]) -> None:
    assert not never & set(names("aws.bedrock", name))


@pytest.mark.parametrize(
    ("name", "bare"), [("a.m-1-v1:0:48k", "a.m-1-v1:0"), ("a.m-1-v1:0:mm", "a.m-1-v1:0"), ("a.m-1-v2:0", "a.m-1")]
)
def test_a_version_beside_the_models_name_may_be_left_out(name: str, bare: str) -> None:
    assert bare in names("aws.bedrock", name)


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("anthropic", "openai/gpt-4o"),
        ("openrouter", "openai/gpt-4o"),
        ("azure.ai.openai", "google/gpt-4o"),
        ("openai", "acme/gpt-4o"),
        ("openai", "accounts/fireworks/models/gpt-4o"),
        ("openai", "xmodels/gpt-4o"),
        ("openai", "gpt-4o/latest"),
        ("openai", "gpt-4o-latest"),
        ("openai", "gpt-4o-2024"),
        ("openai", "gpt-4o-2024-13-01"),
        ("openai", "gpt-4o-2024-01-32"),
        ("openai", "gpt-4o-1999-01-01"),
        ("openai", "gpt-4o-0806"),
        ("acme", "us.gpt-4o"),
        ("acme", "global.gpt-4o"),
        ("aws.bedrock", "arn:aws:sagemaker:us-east-1:123456789012:endpoint/gpt-4o"),
    ],
)
def test_nothing_else_is_taken_off(provider: str, name: str) -> None:
    assert {"gpt-4o", "claude-opus-4-5"}.isdisjoint(names(provider, name))


def test_an_application_profile_is_read_as_nothing_that_a_table_could_have() -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"
    assert names("aws.bedrock", arn)[:1] == [arn]
    assert all("abc123" in name for name in names("aws.bedrock", arn))


@pytest.mark.parametrize("name", ["gpt-9-2027-01-31", "gpt-9-20270131"])
def test_a_snapshot_is_read_as_its_undated_name_last_and_that_is_said(name: str) -> None:
    found = read("openai", name)
    assert found[-1] == Reading("openai", "gpt-9", None, "model=gpt-9")
    assert [reading.assumed for reading in found[:-1]] == [None] * (len(found) - 1)


@pytest.mark.parametrize(
    "name",
    [
        "/" * 1000,
        ":" * 1000,
        "openai/" * 1000 + "gpt-4o",
        "models/" * 1000,
        "a" * 100_000,
        "-" * 10_000,
        "ft:" * 3000,
        "a-1" * 300,
        "a-1" * 50_000,
    ],
)
@pytest.mark.parametrize("provider", ["openai", "aws.bedrock", ""])
def test_a_hostile_name_is_read_in_few_ways(provider: str, name: str) -> None:
    assert 1 <= len(read(provider, name)) < 100


@pytest.mark.parametrize(
    "name", ["openai/gpt-4o", "us.anthropic.claude-opus-4-5-20251101-v1:0", "models/gpt-4o-2024-08-06", "ft:gpt-4o:org::id"]
)
def test_no_reading_comes_twice(name: str) -> None:
    for provider in ("openai", "aws.bedrock", "azure.ai.openai", ""):
        found = [reading[:2] for reading in read(provider, name)]
        assert len(found) == len(set(found))
