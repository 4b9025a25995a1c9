"""How much a workbook or Parquet file may take: the largest real one needs a hundredth of it."""

MEMORY_BYTES = 2 * 1024**3
"""Address space of the process that reads it."""

MEMORY_WORDS = f"{MEMORY_BYTES // 1024**3} GB of memory"
"""The same in a sentence."""

PROCESSOR_SECONDS = 120
"""Processor time of that process."""

LONGEST_CELL = 131_072
"""Characters of a cell, as many as of a cell of a CSV file; a spreadsheet program allows 32,767."""

MOST_CELLS = 200_000_000
"""Cells that a Parquet file may state: a few bytes can stand for any number of equal rows."""
