"""The stored results of the long studies belong to the scripts that make them."""

import json

import numpy as np
import pytest
from studies import digits as study
from studies import xor


def stored():
    """Return the file of the digits: how it was made, and its rows."""
    return json.loads(study.FILE.read_text(encoding="utf-8")).values()


def settings(rows):
    """Return the study and the settings of every row, in order."""
    return [(row["study"], *(row[name] for name in study.BASE)) for row in rows]


def listed():
    """Return the same for what the script lists."""
    return settings({"study": name} | row for name, rows in study.studies().items() for row in rows)


def test_the_file_has_every_setting_of_the_script_in_order():
    _, rows = stored()
    assert settings(rows[:-1]) == listed()


def test_an_edited_script_with_a_stale_file_is_found(monkeypatch):
    _, rows = stored()
    monkeypatch.setitem(study.BASE, "gamma", 2e-3)
    assert settings(rows[:-1]) != listed()


def test_every_row_has_as_many_results_as_starts():
    _, rows = stored()
    for row in rows:
        for name in ("training", "validation", "loss"):
            assert len(row[name]) == len(row["starts"])
            assert np.isfinite(row[name]).all() and min(row[name]) >= 0
        assert ("test" in row) == (row["study"] == "final")


def test_the_test_set_was_used_for_the_best_setting_only_and_with_fresh_starts():
    _, rows = stored()
    tried, final = [row for row in rows if row["study"] == "best"], rows[-1]
    best = max(tried, key=lambda row: row["validation"])
    assert all(final[name] == best[name] for name in study.BASE if name != "starts")
    assert len(final["test"]) == 3 and not set(final["starts"]) & set(best["starts"])


@pytest.mark.parametrize("name", ["date", "seconds", "Python", "NumPy", "nnlab", "BLAS kernel"])
def test_the_file_says_how_it_was_made(name):
    made, _ = stored()
    assert made[name]


def test_the_first_row_comes_out_again():
    """Measured under the kernels Haswell, SkylakeX and Nehalem: they give the same four digits."""
    _, (row, *_) = stored()
    again = study.measure(**{name: row[name] for name in study.BASE})
    for name, tolerance in (("training", 0.002), ("validation", 0.002), ("loss", 0.0005)):
        np.testing.assert_allclose(again[name], row[name], rtol=0, atol=tolerance)


def test_the_split_is_random_has_a_sixth_of_each_digit_and_no_image_twice():
    (training, validation), (_, labels) = study.split(), study.digits()
    assert (len(training), len(validation)) == (50_000, 10_000)
    assert len(set(training) | set(validation)) == 60_000
    sixths = np.bincount(labels) / 6
    np.testing.assert_allclose(np.bincount(labels[validation]), sixths, rtol=0, atol=1)
    blocks = np.bincount(validation // 10_000)  # standard deviation of each: 34
    np.testing.assert_allclose(blocks, 10_000 / 6, rtol=0, atol=4 * 34)
    assert not np.array_equal(validation, study.split(seed=1)[1])


def test_a_study_trains_and_validates_on_the_two_sides_of_the_split():
    _, (X, labels), (others, truth) = study.trained(1, **study.BASE | {"images": 20})
    (training, validation), (images, all_labels) = study.split(), study.digits()
    places = np.random.default_rng(1).permutation(training)[:20]
    np.testing.assert_array_equal(X, images[places])
    np.testing.assert_array_equal(others, images[validation])
    np.testing.assert_array_equal(labels, all_labels[places])
    np.testing.assert_array_equal(truth, all_labels[validation])


def test_the_numbers_on_xor_were_measured_under_three_kernels():
    for numbers in json.loads(xor.FILE.read_text(encoding="utf-8")).values():
        assert len(numbers) == len(xor.KERNELS) and np.isfinite(numbers).all()


def test_a_number_that_is_not_close_to_the_file_is_refused(monkeypatch, tmp_path):
    file = tmp_path / "xor.json"
    file.write_text('{"counts": [[50, 7], [52, 7], [51, 7]]}', encoding="utf-8")
    monkeypatch.setattr(xor, "FILE", file)
    assert xor.compared("counts", [48, 8], off=2).tolist() == ["50-52", "7"]
    for numbers in ([47.9, 8], [55, 7], [50, 10]):
        with pytest.raises(AssertionError, match="counts"):
            xor.compared("counts", numbers, off=2)
    assert xor.compared("counts", [100, 14], factor=2).tolist() == ["50-52", "7"]
    with pytest.raises(AssertionError, match="counts"):
        xor.compared("counts", [24, 7], factor=2)
