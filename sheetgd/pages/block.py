"""Rectangles of cells."""

from dataclasses import dataclass

from sheetgd.cells import Address


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of cells.

    >>> str(Block.parse("B46:M53"))
    'B46:M53'
    """

    first: Address
    last: Address

    @classmethod
    def parse(cls, text: str) -> "Block":
        """Read a block such as ``B46:M53``, or a single cell."""
        first, _, last = text.partition(":")
        return cls(Address.parse(first), Address.parse(last or first))

    @classmethod
    def cell(cls, address: Address) -> "Block":
        """The block of a single cell."""
        return cls(address, address)

    def without_left(self, columns: int) -> "Block":
        """The block without some of its columns on the left."""
        return Block(self.first.moved(right=columns), self.last)

    def column(self, number: int) -> "Block":
        """One column of the block, counted from 0."""
        column = self.first.column + number
        return Block(Address(self.first.row, column), Address(self.last.row, column))

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}:{self.last}"
