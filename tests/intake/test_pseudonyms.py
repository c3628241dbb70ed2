"""Pseudonyms: drawn once and kept, or computed with a secret; the key file is private, whole and never lost."""

import re
import stat
from pathlib import Path

import pandas as pd
import pytest

from analysis.intake import pseudonyms as module
from analysis.intake.mapping_grammar import PseudonymRules
from analysis.intake.pseudonyms import open_pseudonyms
from analysis.vocabulary.errors import CallError, DataError

RANDOM = PseudonymRules(("patient_id", "referral_id"))
COMPUTED = PseudonymRules(("patient_id",), secret_from="OUTCOMES_TEST_SECRET")  # noqa: S106 - a name, no secret
IDS = pd.Series(["0012", 'Smith, "Anna"', None, "0012", "12"], index=[2, 3, 4, 5, 9], dtype="str")


def opened(place: Path, name: str = "key.csv", rules: PseudonymRules | None = RANDOM):
    return open_pseudonyms(rules, key_file=place / name, outside=(place / "source", place / "dataset"))


def test_the_same_identifier_has_the_same_pseudonym_and_others_have_others(tmp_path):
    replaced = opened(tmp_path).replace("patient_id", IDS)
    assert replaced.index.tolist() == IDS.index.tolist()
    assert replaced.isna().tolist() == IDS.isna().tolist()
    assert replaced[2] == replaced[5]
    assert replaced.nunique() == 3
    assert all(re.fullmatch("P[3479CDFHJKMNPQRTWXY]{8}", each) for each in replaced.dropna())


def test_the_key_file_keeps_them_and_is_added_to(tmp_path):
    first = opened(tmp_path)
    before = first.replace("patient_id", IDS)
    first.save()
    text = (tmp_path / "key.csv").read_text()
    assert text.splitlines()[0] == '"kind","original","pseudonym"'
    second = opened(tmp_path)
    assert second.replace("patient_id", IDS).equals(before)
    added = second.replace("patient_id", pd.Series(["new"]))[0]
    second.replace("referral_id", pd.Series(["12"]))
    second.save()
    assert set(text.splitlines()) < set((tmp_path / "key.csv").read_text().splitlines())
    assert opened(tmp_path).replace("patient_id", pd.Series(["new"]))[0] == added


def test_the_key_file_is_its_owners_alone(tmp_path):
    key = tmp_path / "key.csv"
    keep = opened(tmp_path)
    keep.replace("patient_id", IDS)
    keep.save()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.chmod(0o644)
    opened(tmp_path).save()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key.csv"]


def test_nothing_is_written_before_it_is_saved_and_a_failure_leaves_the_old(tmp_path, monkeypatch):
    keep = opened(tmp_path)
    keep.replace("patient_id", IDS)
    assert list(tmp_path.iterdir()) == []
    keep.save()
    before = (tmp_path / "key.csv").read_bytes()
    again = opened(tmp_path)
    again.replace("patient_id", pd.Series(["new"]))

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(CallError, match=r"key\.csv: the key file cannot be written \(No space left on device\)"):
        again.save()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"key.csv": before}


def test_two_imports_at_once_do_not_lose_pseudonyms(tmp_path):
    one, other = opened(tmp_path), opened(tmp_path)
    one.replace("patient_id", pd.Series(["a"]))
    other.replace("patient_id", pd.Series(["b"]))
    one.save()
    with pytest.raises(CallError, match="was changed while the import ran; run the import again"):
        other.save()


def test_a_pseudonym_that_is_taken_is_drawn_again(tmp_path, monkeypatch):
    drawn = iter([0, 0, 1])
    monkeypatch.setattr(module.secrets, "randbelow", lambda _: next(drawn))
    assert opened(tmp_path).replace("patient_id", pd.Series(["a", "b"])).nunique() == 2


@pytest.mark.parametrize("name", ["source/key.csv", "dataset/key.csv", "source/deep/../key.csv"])
def test_the_key_file_stays_away_from_the_data(tmp_path, name):
    with pytest.raises(CallError, match=r"key\.csv: the key file must not lie in (source|dataset)"):
        opened(tmp_path, name)


def test_a_link_into_the_data_is_no_way_round(tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "elsewhere").symlink_to(tmp_path / "source")
    with pytest.raises(CallError, match="must not lie in source"):
        opened(tmp_path, "elsewhere/key.csv")


@pytest.mark.parametrize("name", ["gone/key.csv", "."])
def test_a_place_for_the_key_file(tmp_path, name):
    with pytest.raises(CallError, match="name a file in a folder that is there"):
        opened(tmp_path, name)


@pytest.mark.parametrize("content", [b"name,phone\nAnna,1\n", b"", b"\xff\xfe\x00", b'"kind","original'])
def test_another_file_is_never_taken_for_a_key_file(tmp_path, content):
    (tmp_path / "key.csv").write_bytes(content)
    with pytest.raises(CallError, match=r"key\.csv is not a key file"):
        opened(tmp_path)
    assert (tmp_path / "key.csv").read_bytes() == content


@pytest.mark.parametrize(
    "row",
    ["patient_id,a,P2", "patient_id,b,P1", "patient_id,b", "patient_id,b,", "patient_id,b,Anna Smith", "person,b,P2"],
)
def test_a_damaged_key_file_is_refused_without_its_content(tmp_path, row):
    (tmp_path / "key.csv").write_text(f"kind,original,pseudonym\npatient_id,a,P1\n{row}\n")
    with pytest.raises(DataError) as error:
        opened(tmp_path)
    assert str(error.value) == (
        "key.csv, row 3: not a kind, an identifier and a pseudonym, each once. Restore it from a copy: other "
        "pseudonyms would tear the patients' records apart."
    )


def test_computed_pseudonyms_need_the_same_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("OUTCOMES_TEST_SECRET", "a" * 32)
    found = [open_pseudonyms(COMPUTED, key_file=None, outside=()).replace("patient_id", IDS) for _ in range(2)]
    assert found[0].equals(found[1])
    assert found[0].nunique() == 3
    monkeypatch.setenv("OUTCOMES_TEST_SECRET", "b" * 32)
    other = open_pseudonyms(COMPUTED, key_file=None, outside=()).replace("patient_id", IDS)
    assert not set(other.dropna()) & set(found[0].dropna())


def test_a_computed_pseudonym_by_hand(monkeypatch):
    """HMAC-SHA-256 of "patient_id", a NUL and the identifier; its number in base 19, lowest place first, 20 places."""
    import hashlib
    import hmac

    monkeypatch.setenv("OUTCOMES_TEST_SECRET", "k" * 40)
    (found,) = open_pseudonyms(COMPUTED, key_file=None, outside=()).replace("patient_id", pd.Series(["0012"]))
    number = int(hmac.new(b"k" * 40, b"patient_id\x000012", hashlib.sha256).hexdigest(), 16)
    assert found == "P" + "".join("3479CDFHJKMNPQRTWXY"[number // 19**place % 19] for place in range(20))


@pytest.mark.parametrize("secret", [None, "", "short"])
def test_a_secret_that_is_missing_or_short(monkeypatch, secret):
    monkeypatch.delenv("OUTCOMES_TEST_SECRET", raising=False)
    if secret is not None:
        monkeypatch.setenv("OUTCOMES_TEST_SECRET", secret)
    with pytest.raises(CallError, match="OUTCOMES_TEST_SECRET.*at least 32 signs") as error:
        open_pseudonyms(COMPUTED, key_file=None, outside=())
    assert "short" not in str(error.value)


def test_a_key_file_goes_with_random_pseudonyms_only(tmp_path):
    assert open_pseudonyms(None, key_file=None, outside=()) is None
    with pytest.raises(CallError, match="no `\\[pseudonyms\\]`, so there is no use for a key file"):
        opened(tmp_path, rules=None)
    with pytest.raises(CallError, match="keeps no key file"):
        opened(tmp_path, rules=COMPUTED)
    with pytest.raises(CallError, match="Name one with --key-file"):
        open_pseudonyms(RANDOM, key_file=None, outside=())


def test_it_does_not_show_what_it_knows(tmp_path, monkeypatch):
    keep = opened(tmp_path)
    keep.replace("patient_id", pd.Series(["Anna Smith"]))
    monkeypatch.setenv("OUTCOMES_TEST_SECRET", "s3cret" * 8)
    assert "Anna" not in repr(keep)
    assert "s3cret" not in repr(open_pseudonyms(COMPUTED, key_file=None, outside=()))
