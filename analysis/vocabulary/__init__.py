"""What the words mean: definitions, instruments and reporting periods, as data with small readers."""
