from __future__ import annotations

from tests.learn.pictures.test_pictures import words

from emotrace.learn.pictures.risk_coverage import draw_risk_coverage

CURVE = {"coverage": [0.25, 0.5, 0.75, 1.0], "risk": [0.0, 0.1, 0.2, 0.4], "area": 0.15}


def test_the_line_is_the_curve() -> None:
    figure = draw_risk_coverage(CURVE)
    line = figure.axes[0].lines[0]
    assert line.get_xdata().tolist() == CURVE["coverage"]
    assert line.get_ydata().tolist() == CURVE["risk"]
    said = words(figure)
    assert "all answers: 40 % wrong" in said
    assert "area 0.150" in said
    assert not any("uncertain" in word for word in said)


def test_the_products_own_threshold_is_marked() -> None:
    figure = draw_risk_coverage(CURVE, {"coverage": 0.8, "accuracy_if_certain": 0.75})
    assert "not marked uncertain: 80 %,\n25 % of them wrong" in words(figure)
    (x, y) = figure.axes[0].collections[-1].get_offsets()[0].tolist()
    assert (x, y) == (0.8, 0.25)
    assert draw_risk_coverage(CURVE, {"coverage": 0.0, "accuracy_if_certain": None}) is not None
