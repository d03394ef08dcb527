"""The stored results of the long studies belong to the scripts that make them."""

import json

import numpy as np
import pytest
from studies import convolution, xor
from studies import digits as study


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


@pytest.fixture(scope="module")
def convolutions():
    """Return how the file of the convolutions was made, and its rows by study."""
    made, rows = json.loads(convolution.FILE.read_text(encoding="utf-8")).values()
    parts = {}
    for row in rows:
        parts.setdefault(row["study"], []).append(row)
    return made, parts


def test_the_convolutions_are_those_of_the_script_in_order(convolutions):
    _, parts = convolutions
    grid, many = parts["grid"], parts["every"]
    wanted = [convolution.grid(), convolution.chosen(grid), convolution.every()]
    for rows, points in zip(parts.values(), [*wanted, convolution.final(many)], strict=True):
        assert [{name: row[name] for name in point} for row, point in zip(rows, points)] == points
        assert len(rows) == len(points)


def test_an_edited_script_of_the_convolutions_with_a_stale_file_is_found(convolutions, monkeypatch):
    _, parts = convolutions
    monkeypatch.setitem(convolution.BASE, "batch", 20)
    found = [{name: row[name] for name in convolution.BASE} for row in parts["grid"]]
    assert found[0] | {"study": "grid", "arm": "dense"} != convolution.grid()[0]


def test_every_convolution_has_as_many_results_as_starts(convolutions):
    made, parts = convolutions
    assert all(
        made[name] for name in ("date", "seconds", "Python", "NumPy", "nnlab", "BLAS kernel")
    )
    for row in (row for rows in parts.values() for row in rows):
        for name in ("training", "unseen", "loss", "seconds"):
            assert len(row[name]) == len(row["starts"])
            assert np.isfinite(row[name]).all() and min(row[name]) >= 0
        wanted = row["study"] == "chosen" and not row["shuffled"]
        assert np.shape(row.get("shifted", [])) == ((6, 13) if wanted else (0,))
        assert ("shifted" in row) == wanted


def test_the_convolutions_are_compared_on_fresh_starts_with_splits_of_their_own(convolutions):
    _, parts = convolutions
    tuned = {start for row in parts["grid"] + parts["every"] for start in row["starts"]}
    for row in parts["chosen"]:
        assert row["own_split"] and not tuned & set(row["starts"])
    (final,) = parts["final"]
    assert final["images"] == 60_000 and not tuned & set(final["starts"])
    assert all(row["images"] < 60_000 for row in parts["grid"] + parts["chosen"] + parts["every"])


def test_the_first_row_of_the_convolutions_comes_out_again(convolutions):
    _, parts = convolutions
    row = parts["grid"][0]
    again = convolution.measure(**{name: row[name] for name in convolution.grid()[0]})
    for name, tolerance in (("training", 0.002), ("unseen", 0.002), ("loss", 0.001)):
        np.testing.assert_allclose(again[name], row[name], rtol=0, atol=tolerance)


def test_the_kept_network_reads_the_test_images_as_the_file_says(convolutions):
    _, parts = convolutions
    network = convolution.kept()
    _, (images, truth), _ = convolution.samples(21, 60_000, False, False)
    assert (len(images), network.theta.dtype) == (10_000, np.float32)
    _, share = convolution.scores(network, images, truth)
    assert share == pytest.approx(parts["final"][0]["unseen"][0], abs=2.1e-4)
    assert share >= 0.985


def test_samples_are_drawn_from_one_side_of_the_split_and_judged_by_the_other():
    images, labels = study.digits()
    for own_split, seed in ((False, 0), (True, 12)):
        training, held_out = study.split(seed)
        (X, y), (others, truth), _ = convolution.samples(12, 50, own_split, False)
        drawn = np.random.default_rng(12).permutation(training)[:50]
        np.testing.assert_array_equal(X, images[drawn])
        np.testing.assert_array_equal(y, labels[drawn])
        np.testing.assert_array_equal(others, images[held_out])
        np.testing.assert_array_equal(truth, labels[held_out])
    (shuffled, _), *_ = convolution.samples(12, 50, True, True)
    np.testing.assert_array_equal(shuffled, X[:, convolution.ORDER])
    (X, _), *_ = convolution.samples(21, 60_000, False, False)
    np.testing.assert_allclose(X.sum(axis=0), images.sum(axis=0), rtol=1e-4)


def test_images_are_moved_sideways_and_lose_what_leaves_them():
    X = np.arange(2 * 784.0).reshape(2, 784)
    before, after = (a.reshape(2, 28, 28) for a in (X, convolution.moved(X, 3)))
    np.testing.assert_array_equal(after[:, :, 3:], before[:, :, :-3])
    assert not after[:, :, :3].any()
    back = convolution.moved(convolution.moved(X, -5), 5).reshape(2, 28, 28)
    np.testing.assert_array_equal(back[:, :, 5:], before[:, :, 5:])
    assert not back[:, :, :5].any()
    np.testing.assert_array_equal(convolution.moved(X, 0), X)
