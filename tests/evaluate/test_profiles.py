"""Profiles: frozen, named, complete."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError

import pytest

from handhold.errors import InputError
from handhold.evaluate import METRICS, PROFILES, Profile, QuickProfile, profile


def test_a_profile_is_found_with_and_without_its_version() -> None:
    assert profile().name == "handhold/1"
    assert profile("gdexgrasp") is profile("gdexgrasp/1")


@pytest.mark.parametrize("protocol", ["obman", "obman/1", "six-axis", "six-axis/1"])
def test_a_protocol_is_a_profile_with_what_it_must_not_be_read_without(protocol: str) -> None:
    found = profile(protocol)
    assert found.physics == (f"{protocol.split('/')[0]}/1",)
    assert "penetration_depth_cm" in found.columns


@pytest.mark.parametrize("name", ["gdexgrasp/2", "GDexGrasp", "", "obman/"])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(InputError, match="handhold/1.*gdexgrasp/1.*six-axis/1"):
        profile(name)


@pytest.mark.parametrize("name", PROFILES)
def test_no_profile_shows_a_displacement_without_the_depth(name: str) -> None:
    columns = PROFILES[name].columns
    if any(column.startswith("displacement") for column in columns):
        assert "penetration_depth_cm" in columns


def test_a_displacement_without_a_depth_cannot_even_be_defined() -> None:
    with pytest.raises(ValueError, match="means nothing"):
        Profile(name="x/1", about="", columns=("displacement_mean_cm",), physics=("obman/1",))
    with pytest.raises(ValueError, match="needs the protocol"):
        Profile(name="x/1", about="", columns=("success",))
    with pytest.raises(ValueError, match="no metric"):
        Profile(name="x/1", about="", columns=("beauty",))


def test_the_papers_profiles_have_the_papers_columns() -> None:
    gdg, mdg = profile("gdexgrasp"), profile("maskdexgrasp")
    assert gdg.physics == ("obman/1",) and mdg.physics == ("six-axis/1",)
    assert set(gdg.set_metrics) == {"t_std_cm", "r_std_degrees", "j_std_degrees"}
    assert {"success", "q1", "penetration_depth_cm", "object_in_hand_depth_cm"} <= set(mdg.columns)
    assert set(mdg.set_metrics) == {"h_mean_nats", "h_std_nats"}
    assert set(profile().columns) == set(METRICS) - {"contact_share_on_avoided"}  # came later


def test_settings_hold_every_number_and_survive_json() -> None:
    settings = profile("handhold").settings()
    assert json.loads(json.dumps(settings)) == settings
    assert settings["quick"]["voxel_size"] == QuickProfile().voxel_size
    assert settings["contacts"] == {"reach": 0.01, "friction": 1.0, "edges": 8}
    assert settings["physics"]["obman/1"]["steps"] == 35
    assert settings["physics"]["six-axis/1"]["object_mass"] == 0.1


def test_a_profile_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        profile().shrink = 0.0  # type: ignore[misc]
    with pytest.raises(TypeError):
        PROFILES["mine/1"] = profile()  # type: ignore[index]
