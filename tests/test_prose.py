"""Every number of a sentence has a place, see prose.py; and planted errors have none."""

import prose
import pytest

CHAPTERS = sorted(path.stem for path in prose.BOOK.glob("*.ipynb"))
PAGES = [*CHAPTERS, *prose.PAGES]


@pytest.mark.parametrize("name", PAGES)
def test_each_number_of_a_sentence_stands_where_it_is_computed(name):
    for place, sentence, *rest in prose.readings(name):
        assert not prose.unplaced(name, sentence, *rest), f"{place}: {sentence}"


def test_each_row_of_the_table_is_needed_and_gives_its_numbers():
    needed = set()
    for name in PAGES:
        for _, sentence, reader, sources in prose.readings(name):
            for each in reader.without_place(sentence, sources):
                needed |= {(name, each.shown), ("any", each.shown)}
    assert set(prose.excused()) <= needed
    rows = {}
    for (page, shown), given in prose.excused().items():
        rows.setdefault((page, given), []).append(shown)
    for (_, given), shown in rows.items():
        if values := prose.given_by(given):
            assert len(values) == len(shown)
            for text, value in zip(shown, values):
                (number,) = prose.numbers(f"about {text}")
                assert number.is_(value), f"{text} is not {value}"


ERRORS = {
    "cross_entropy": ("1.248", "1.284"),
    "delta_recursion": ("It has fallen by 0.0734", "It has fallen by 0.0743"),
    "graphs": ("8 multiplications: 52488", "8 multiplications: 52448"),
    "hour": ("$\\sigma(1) = 0.731$", "$\\sigma(1) = 0.713$"),
    "lab_convolution": ("8 \\cdot 576 = 4608", "8 \\cdot 576 = 4680"),
    "lab_digits": ("ends at 0.9395", "ends at 0.9359"),
    "lab_spirals": ("within 45 percent over", "within 35 percent over"),
    "lab_xor": ("about 400 epochs to about 230", "about 400 epochs to about 320"),
    "momentum": ("86 steps instead of 1151", "86 steps instead of 1511"),
    "networks": ("between 0.116 and 0.923", "between 0.116 and 0.932"),
    "sigmoid": ("the slope is $0.9 \\cdot 0.1 = 0.09$", "the slope is $0.9 \\cdot 0.1 = 0.9$"),
    "softmax": ("At the left end $a_1 = 0.002$", "At the left end $a_1 = 0.020$"),
}


@pytest.mark.parametrize("name", CHAPTERS)
def test_an_error_that_is_planted_in_a_number_is_seen(name):
    right, wrong = ERRORS[name]
    found = [each[1:] for each in prose.readings(name) if right in each[1]]
    assert found
    for sentence, *rest in found:
        assert prose.unplaced(name, sentence.replace(right, wrong), *rest)


def test_most_digits_that_are_one_too_high_are_seen():
    """What is not seen is another number of the same section."""
    seen = []
    for name in CHAPTERS:
        for _, sentence, *rest in prose.readings(name):
            for each in prose.numbers(sentence):
                if each.ordinary or not each.shown[0].isdigit() or "^" in each.shown:
                    continue
                digits = [place for place, digit in enumerate(each.shown) if digit.isdigit()]
                for at in (each.start + place for place in digits):
                    digit = str((int(sentence[at]) + 1) % 10)
                    altered = sentence[:at] + digit + sentence[at + 1 :]
                    seen.append(bool(prose.unplaced(name, altered, *rest)))
    assert len(seen) > 2500
    assert sum(seen) / len(seen) > 0.78
