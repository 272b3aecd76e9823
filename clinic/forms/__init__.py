"""The forms of the chart. They read and check; actions write."""
