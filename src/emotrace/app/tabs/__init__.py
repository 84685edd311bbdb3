"""One file per tab: ``TITLE``, ``PLACE`` (in the row, from 1) and ``build(desk)``, called inside of it."""
