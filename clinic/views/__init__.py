"""The pages of the chart. Each view stands behind one door."""
