"""The clustered Cox model on person-days is R's coxph on the intervals they make up."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.maintenance_hazard import fit_cox

HERE = Path(__file__).parent


@pytest.mark.parametrize(("model", "names"), [("one", ["recent"]), ("two", ["recent", "severe"])])
def test_coefficients_and_both_errors_are_those_of_coxph(model, names):
    rows = pd.read_csv(HERE / "intervals.csv")
    days = (rows["stop"] - rows["start"]).to_numpy()
    place = np.repeat(np.arange(len(rows)), days)
    day = rows["start"].to_numpy()[place] + np.concatenate([np.arange(1, each + 1) for each in days])
    event = (rows["event"].to_numpy()[place] == 1) & (day == rows["stop"].to_numpy()[place])
    fit = fit_cox(
        rows["person"].to_numpy(float)[place],
        day.astype(float),
        event.astype(float),
        rows[names].to_numpy(float)[place],
    )
    expected = pd.read_csv(HERE / "coxph.csv").query("model == @model")
    assert expected["name"].tolist() == names
    found = {
        "log_ratio": fit.log_ratio,
        "error": np.sqrt(np.diag(fit.variance)),
        "clustered_error": np.sqrt(np.diag(fit.clustered)),
    }
    for column, values in found.items():
        np.testing.assert_allclose(values, expected[column].astype(float), rtol=1e-8, err_msg=column)
