"""Words in letters that can be read from across the room."""

from __future__ import annotations

# Five rows of each letter.
_LETTERS = {
    "A": ("###", "# #", "###", "# #", "# #"),
    "B": ("## ", "# #", "## ", "# #", "## "),
    "C": ("###", "#  ", "#  ", "#  ", "###"),
    "D": ("## ", "# #", "# #", "# #", "## "),
    "E": ("###", "#  ", "## ", "#  ", "###"),
    "F": ("###", "#  ", "## ", "#  ", "#  "),
    "G": ("###", "#  ", "# #", "# #", "###"),
    "H": ("# #", "# #", "###", "# #", "# #"),
    "I": ("#", "#", "#", "#", "#"),
    "J": ("  #", "  #", "  #", "# #", "###"),
    "K": ("# #", "# #", "## ", "# #", "# #"),
    "L": ("#  ", "#  ", "#  ", "#  ", "###"),
    "M": ("#   #", "## ##", "# # #", "#   #", "#   #"),
    "N": ("#  #", "## #", "# ##", "#  #", "#  #"),
    "O": ("###", "# #", "# #", "# #", "###"),
    "P": ("###", "# #", "###", "#  ", "#  "),
    "Q": ("###", "# #", "# #", "###", "  #"),
    "R": ("## ", "# #", "## ", "# #", "# #"),
    "S": ("###", "#  ", "###", "  #", "###"),
    "T": ("###", " # ", " # ", " # ", " # "),
    "U": ("# #", "# #", "# #", "# #", "###"),
    "V": ("# #", "# #", "# #", "# #", " # "),
    "W": ("#   #", "#   #", "# # #", "## ##", "#   #"),
    "X": ("# #", "# #", " # ", "# #", "# #"),
    "Y": ("# #", "# #", "###", " # ", " # "),
    "Z": ("###", "  #", " # ", "#  ", "###"),
    "?": ("###", "  #", " # ", "   ", " # "),
    " ": ("  ", "  ", "  ", "  ", "  "),
}
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
_N_ROWS = 5


def big_rows(word: str, width: int, is_ascii: bool) -> list[str]:
    """Draw a word in 3 rows, or 5 of ASCII; where it is too wide or has other letters, it stands among blank rows.

    >>> print("\\n".join(big_rows("fear", 40, is_ascii=True)))
    ### ### ### ##
    #   #   # # # #
    ##  ##  ### ##
    #   #   # # # #
    #   ### # # # #
    """
    pixels = _pixels(word.upper())
    n_rows = big_height(is_ascii)
    if pixels is None or len(pixels[0]) > width:
        blank = n_rows // 2
        return [""] * blank + [word.upper()[:width]] + [""] * (n_rows - blank - 1)
    if is_ascii:
        return [row.rstrip() for row in pixels]
    pixels.append(" " * len(pixels[0]))
    return [
        "".join(_HALVES[top == "#", bottom == "#"] for top, bottom in zip(*pair, strict=True)).rstrip()
        for pair in zip(pixels[::2], pixels[1::2], strict=True)
    ]


def big_height(is_ascii: bool) -> int:
    """How many rows `big_rows` draws."""
    return _N_ROWS if is_ascii else (_N_ROWS + 1) // 2


def _pixels(word: str) -> list[str] | None:
    letters = [_LETTERS.get(letter) for letter in word]
    known = [letter for letter in letters if letter is not None]
    if not known or len(known) < len(letters):
        return None
    return [" ".join(letter[row] for letter in known) for row in range(_N_ROWS)]
