"""The mixed model for repeated measures: a marginal linear model with categorical visits and correlated residuals.

`analysis.estimate.mmrm.model.mmrm` is the door. A table or counts become sums over missingness patterns (`moments`);
everything after that is arithmetic on a few small matrices, whatever the number of patients.
"""
