"""Rows, and how they are shown."""
import dataclasses


@dataclasses.dataclass
class Row:
    what: str
    measured: str
    against: str = ""
    aim: str = ""
    met: bool | None = None  # None: nothing to say, as in a quick run

    def cells(self):
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        return [self.what, self.measured, self.against, self.aim, verdict]


HEADER = ["what", "measured", "against", "aim", ""]


def lines(rows):
    """A table that is also Markdown."""
    cells = [HEADER] + [row.cells() for row in rows]
    width = [max(len(row[i]) for row in cells) for i in range(len(HEADER))]
    cells.insert(1, ["-" * w for w in width])
    return ["| " + " | ".join(text.ljust(w) for text, w in zip(row, width)) + " |" for row in cells]


def times(x):
    return f"{x:.2f} x" if x < 10 else f"{x:.0f} x"
