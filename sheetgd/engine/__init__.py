"""How a run is computed: row by row, or by whole epochs where that is the same."""
