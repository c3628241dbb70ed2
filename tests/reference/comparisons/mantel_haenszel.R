# Mantel-Haenszel odds ratios and their intervals from R's own mantelhaen.test, on data that come with R.
# Run in this folder: Rscript mantel_haenszel.R
library(jsonlite)

reference <- function(tables) {
  fit <- mantelhaen.test(tables, correct = FALSE)
  list(
    x1 = as.integer(tables[1, 1, ]), n1 = as.integer(tables[1, 1, ] + tables[1, 2, ]),
    x0 = as.integer(tables[2, 1, ]), n0 = as.integer(tables[2, 1, ] + tables[2, 2, ]),
    estimate = unname(fit$estimate), low = fit$conf.int[1], high = fit$conf.int[2]
  )
}

# Admissions of men and women in six departments: row 1 men, column 1 admitted.
admissions <- aperm(UCBAdmissions, c(2, 1, 3))
# Rabbits cured by penicillin given at once or 1.5 hours late, at five doses (the example of ?mantelhaen.test).
rabbits <- array(
  c(0, 0, 6, 5, 3, 0, 3, 6, 6, 2, 0, 4, 5, 6, 1, 0, 2, 5, 0, 0), dim = c(2, 2, 5)
)
found <- list(admissions = reference(admissions), rabbits = reference(rabbits), version = R.version.string)
write(toJSON(found, auto_unbox = TRUE, digits = NA, pretty = TRUE), "mantel_haenszel.json")
