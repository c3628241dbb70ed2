"""Instruments: the shipped entries hold together and say what was published."""

import pytest

from analysis.vocabulary.definitions import default_definitions

INSTRUMENTS = default_definitions().instruments


def test_the_scales_of_the_methods_are_there_and_the_shaps_by_its_two_scorings():
    assert list(INSTRUMENTS) == [
        "PHQ-9",
        "GAD-7",
        "MADRS",
        "HAM-D17",
        "QIDS-SR16",
        "BDI-II",
        "PCL-5",
        "WHO-5",
        "WSAS",
        "SHAPS-dichotomous",
        "SHAPS-sum",
        "CADSS",
        "C-SSRS",
    ]


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_a_shipped_instrument_names_its_source_and_what_is_known_of_its_licence(name):
    assert INSTRUMENTS[name].source
    assert INSTRUMENTS[name].licence
    assert INSTRUMENTS[name].name == name


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [
        ("PHQ-9", 0, 27),
        ("GAD-7", 0, 21),
        ("MADRS", 0, 60),
        ("HAM-D17", 0, 52),
        ("QIDS-SR16", 0, 27),
        ("BDI-II", 0, 63),
        ("PCL-5", 0, 80),
        ("WHO-5", 0, 100),
        ("WSAS", 0, 40),
        ("SHAPS-dichotomous", 0, 14),
        ("SHAPS-sum", 14, 56),
        ("CADSS", 0, 92),
        ("C-SSRS", 0, 3),
    ],
)
def test_the_range_of_the_total_is_the_published_one(name, lowest, highest):
    assert (INSTRUMENTS[name].total_min, INSTRUMENTS[name].total_max) == (lowest, highest)


# The last total of each band, as it is printed: PHQ-9 LOINC LL382-3; HAM-D17 Zimmerman 2013; QIDS-SR16 ids-qids.org;
# BDI-II Beck 1996; WHO-5 a sum under 13; WSAS Mundt 2002; SHAPS Snaith 1995; GAD-7 and MADRS secondary pages.
@pytest.mark.parametrize(
    ("name", "bands"),
    [
        ("PHQ-9", {"none or minimal": 4, "mild": 9, "moderate": 14, "moderately severe": 19, "severe": 27}),
        ("GAD-7", {"minimal": 4, "mild": 9, "moderate": 14, "severe": 21}),
        ("MADRS", {"none": 6, "mild": 19, "moderate": 34, "severe": 60}),
        ("HAM-D17", {"none": 7, "mild": 16, "moderate": 23, "severe": 52}),
        ("QIDS-SR16", {"none": 5, "mild": 10, "moderate": 15, "severe": 20, "very severe": 27}),
        ("BDI-II", {"minimal": 13, "mild": 19, "moderate": 28, "severe": 63}),
        ("PCL-5", {}),
        ("WHO-5", {"poor wellbeing": 51, "no poor wellbeing": 100}),
        ("WSAS", {"subclinical": 9, "significant": 20, "moderately severe or worse": 40}),
        ("SHAPS-dichotomous", {"normal": 2, "abnormal": 14}),
        ("SHAPS-sum", {}),
        ("CADSS", {}),
        ("C-SSRS", {"none": 0, "low": 1, "moderate": 2, "high": 3}),
    ],
)
def test_the_bands_end_where_it_is_published(name, bands):
    lows = [low for low, _ in INSTRUMENTS[name].severity]
    ends = [low - 1 for low in lows[1:]] + [INSTRUMENTS[name].total_max] * bool(lows)
    assert dict(zip([band for _, band in INSTRUMENTS[name].severity], ends, strict=True)) == bands


def test_hamd17_has_nine_items_to_4_and_eight_items_to_2():
    # Nine items scored 0-4 and eight scored 0-2: 52 at most.
    tops = sorted(INSTRUMENTS["HAM-D17"].item_max)
    assert tops == [2] * 8 + [4] * 9


def test_safety_scales_and_the_shaps_have_no_cut_off_for_outcomes():
    for name in ("CADSS", "C-SSRS", "SHAPS-dichotomous", "SHAPS-sum"):
        scale = INSTRUMENTS[name]
        assert (scale.entry_score, scale.remission_score, scale.relapse_score, scale.reliable_change) == (None,) * 4


def test_the_items_patients_speak_of_have_their_numbers():
    items = {"interest": 1, "mood": 2, "sleep": 3, "energy": 4, "concentration": 7, "suicidal_thoughts": 9}
    assert INSTRUMENTS["PHQ-9"].named_items == items
    assert INSTRUMENTS["PHQ-9"].suicide_item == items["suicidal_thoughts"]
    # The whole of the WSAS is function, and of the WHO-5 wellbeing: 0 is the total.
    assert INSTRUMENTS["GAD-7"].named_items == {"worry": 2}
    assert INSTRUMENTS["WSAS"].named_items == {"function": 0}
    assert INSTRUMENTS["WHO-5"].named_items == {"wellbeing": 0}


def test_codes_are_given_only_where_loinc_org_confirms_them():
    assert {name: scale.loinc for name, scale in INSTRUMENTS.items() if scale.loinc} == {
        "PHQ-9": "44261-6",
        "GAD-7": "70274-6",
    }


def test_published_values_of_a_change_that_matters_differ_and_name_their_sources():
    madrs = {points for points, _, _ in INSTRUMENTS["MADRS"].meaningful_change}
    assert madrs == {6, 10, 12}
    for scale in INSTRUMENTS.values():
        for _, source, _ in (*scale.meaningful_change, *scale.meaningful_percent):
            assert source
