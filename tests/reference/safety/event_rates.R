# Event rates clustered by patient, exact Poisson limits, and minutes until resolved, in base R and its survival package.
# Run as: Rscript event_rates.R event_rates.json
suppressPackageStartupMessages(library(survival))
set.seed(20261)

numbers <- function(values) paste0("[", paste(ifelse(is.na(values), "null", format(values, digits = 15, trim = TRUE)), collapse = ", "), "]")

one_cohort <- function(patients, rate) {
  sessions <- 1 + rpois(patients, rgamma(patients, 1, 1 / 9))
  events <- rpois(patients, rate * rgamma(patients, 1, 1) * sessions)
  exact <- poisson.test(sum(events), sum(sessions))$conf.int
  fit <- glm(events ~ 1, offset = log(sessions), family = poisson,
             control = glm.control(epsilon = 1e-15, maxit = 100))
  # The sandwich of the log rate: each patient's score is events - fitted; bread is 1 / sum(fitted).
  score <- events - fitted(fit)
  robust <- patients / (patients - 1) * sum(score^2) / sum(fitted(fit))^2
  model <- vcov(fit)[1, 1]
  times <- max(1, robust / model * (qt(0.975, patients - 1) / qnorm(0.975))^2)
  x <- sum(events) / times
  clustered <- c(qgamma(0.025, x), qgamma(0.975, x + 1)) * times / sum(sessions)
  # The mean of a value of each session, clustered by patient: weighted least squares of the patients' own means.
  values <- rpois(patients, 15 * sessions)
  line <- lm(values / sessions ~ 1, weights = sessions)
  residual <- sessions * residuals(line)
  error <- sqrt(patients / (patients - 1) * sum(residual^2)) / sum(sessions)
  mean_limits <- coef(line)[[1]] + c(-1, 1) * qt(0.975, patients - 1) * error
  paste0(
    '{"sessions": ', numbers(sessions), ', "events": ', numbers(events), ', "values": ', numbers(values),
    ', "rate": ', numbers(exp(coef(fit)[[1]])), ', "robust_error": ', numbers(sqrt(robust)),
    ', "exact": ', numbers(exact), ', "clustered": ', numbers(clustered), ', "mean": ', numbers(mean_limits), "}"
  )
}

one_curve <- function(people) {
  minutes <- 5 + rpois(people, 50)
  until <- 40 + rpois(people, 30)
  over <- minutes <= until
  time <- pmin(minutes, until)
  fit <- survfit(Surv(time, over) ~ 1, conf.type = "log-log")
  at <- summary(fit, times = c(50, 60), extend = TRUE)
  half <- summary(fit)$table
  paste0(
    '{"minute": ', numbers(time), ', "over": ', numbers(as.integer(over)),
    ', "over_by_50": ', numbers(1 - c(at$surv[1], at$upper[1], at$lower[1])),
    ', "over_by_60": ', numbers(1 - c(at$surv[2], at$upper[2], at$lower[2])),
    ', "median": ', numbers(half[c("median", "0.95LCL", "0.95UCL")]), "}"
  )
}

cohorts <- mapply(one_cohort, c(8, 20, 20, 100, 300), c(0.3, 0.05, 0.6, 0.1, 0.02))
curves <- sapply(c(12, 40, 200), one_curve)
writeLines(
  paste0('{"made_by": "', R.version.string, ", survival ", packageVersion("survival"), '",\n"cohorts": [\n',
         paste(cohorts, collapse = ",\n"), '],\n"curves": [\n', paste(curves, collapse = ",\n"), "]}"),
  commandArgs(trailingOnly = TRUE)[1]
)
