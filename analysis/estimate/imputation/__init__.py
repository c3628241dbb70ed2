"""Multiple imputation from the repeated-measures model, and the rate that the model itself expects.

`impute_rates` is the door. Rows come from `analysis.counts.person_scores`; `visits` says which windows are used,
`preparation` makes the design and fits the model with the patients weighted at random, `pattern_fit` is the fit,
`completion` draws what is missing, `pooling` is Rubin's rules, and `expectation` is the model's own rate.
"""
