"""Safety: adverse events, blood pressure, dissociation, how long it lasts, and harms that scores show."""
