"""One file per format or document: finished results -> text.

A format exports ``SUFFIX`` (of its files), ``DESCRIPTION`` (one line) and
``write_timelines(timelines, stream)``; one that suits single clips also ``write_predictions(predictions,
stream)``. Formats made to be read by people show `emotrace.types.Timeline.runs` (neighbours of one emotion
joined); formats made for machines (json, jsonl, csv) give every prediction.

A prediction below the model's confidence threshold is marked in all of them: by the field ``uncertain``
where there are fields, otherwise by a question mark after the emotion, as in ``anger?``.
"""
