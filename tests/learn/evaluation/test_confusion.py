from __future__ import annotations

import numpy as np
import pytest

from emotrace.learn.evaluation import confusion


def test_scores_of_a_stack_are_those_of_each():
    stack = np.random.default_rng(0).integers(0, 5, size=(7, 3, 4)).astype(float)
    stack[0, 1] = 0.0  # a label absent in the truth
    stack[1, :, 2] = 0.0  # a label never predicted
    for score in (confusion.mean_recall, confusion.mean_f1, confusion.share_correct, confusion.f1s):
        together = score(stack)
        for index, counts in enumerate(stack):
            np.testing.assert_array_equal(together[index], score(counts))


def test_nothing_counted_gives_nan_without_a_warning():
    nothing = np.zeros((2, 3))
    assert np.isnan(confusion.mean_recall(nothing))
    assert np.isnan(confusion.mean_f1(nothing))
    assert np.isnan(confusion.share_correct(nothing))
    assert np.isnan(confusion.precisions(nothing)).all()


def test_no_speech_is_counted_in_the_last_column():
    truth, prediction, labels = confusion.encode(["a", "b", "b"], ["b", "no speech", "b"])
    assert labels == ("a", "b")
    counts = confusion.count_confusion(truth, prediction, 2)
    assert counts.tolist() == [[0, 1, 0], [0, 1, 1]]


def test_numpy_words_are_understood():
    truth, prediction, labels = confusion.encode(np.array(["b", "a"]), np.array(["a", "a"]))
    assert labels == ("a", "b")
    assert truth.tolist() == [1, 0]
    assert prediction.tolist() == [0, 0]


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_given_order_of_labels_is_kept(order):
    truth, _, labels = confusion.encode(["a"], ["b"], order)
    assert labels == order
    assert truth.tolist() == [order.index("a")]
