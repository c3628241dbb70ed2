# Survival curves, tests and parametric fits by R (survival, cmprsk), for the tests beside this file:
#   cd tests/reference/time_to && Rscript reference.R
suppressMessages({library(survival); library(cmprsk); library(jsonlite)})
out <- function(name, value) write_json(value, paste0(name, ".json"), digits = NA, auto_unbox = TRUE, pretty = TRUE)
d <- read.csv("followed.csv")

curve <- function(fit) list(time = fit$time, at_risk = fit$n.risk, free = fit$surv, error = fit$surv * fit$std.err,
                            low = fit$lower, high = fit$upper)
any_cause <- function(data, delayed) {
  s <- if (delayed) Surv(data$entry, data$time, data$cause > 0) else Surv(data$time, data$cause > 0)
  curve(survfit(s ~ 1, conf.type = "log-log"))
}
restricted <- function(data, tau) {
  found <- summary(survfit(Surv(data$time, data$cause > 0) ~ 1), rmean = tau)$table
  list(mean = found[["rmean"]], error = found[["se(rmean)"]])
}
middle <- function(data) {
  q <- quantile(survfit(Surv(data$time, data$cause > 0) ~ 1, conf.type = "log-log"), c(0.25, 0.5, 0.75))
  list(quantile = unname(q$quantile), low = unname(q$lower), high = unname(q$upper))
}
states <- function(data, tau) {
  data$cause <- factor(data$cause); data$id <- seq_len(nrow(data))
  fit <- survfit(Surv(time, cause) ~ 1, data, id = id)
  found <- summary(fit, rmean = tau)$table
  list(time = fit$time, share = fit$pstate, error = fit$std.err, days = unname(found[, "rmean"]))
}
out("curves", list(
  plain = any_cause(d, FALSE), delayed = any_cause(d, TRUE), censored = any_cause(d[d$group == 2, ], FALSE),
  restricted = restricted(d, 60), quantiles = middle(d), states = states(d, 60)
))

log_rank <- function(formula) { x <- survdiff(formula, d); list(statistic = x$chisq, df = nrow(as.matrix(x$n)) - 1) }
as_list <- function(x) lapply(seq_len(nrow(x)), function(i) list(statistic = x[i, "stat"], p_value = x[i, "pv"], df = x[i, "df"]))
out("tests", list(
  log_rank = log_rank(Surv(time, cause == 1) ~ group),
  stratified = log_rank(Surv(time, cause == 1) ~ group + strata(stratum)),
  gray = as_list(cuminc(d$time, d$cause, d$group)$Tests),
  gray_stratified = as_list(cuminc(d$time, d$cause, d$group, d$stratum)$Tests)
))

i <- read.csv("intervals.csv"); i$up_to[i$up_to < 0] <- NA
fit <- function(data, distribution) {
  x <- survreg(Surv(ifelse(after == 0, NA, after), up_to, type = "interval2") ~ 1, data, subset = !(after == 0 & is.na(up_to)),
               dist = distribution, control = survreg.control(rel.tolerance = 1e-13, maxiter = 200))
  q <- predict(x, type = "quantile", p = c(0.25, 0.5, 0.75), se.fit = TRUE)
  list(location = unname(coef(x)), scale = x$scale, log_likelihood = x$loglik[1], covariance = vcov(x),
       quantile = as.numeric(as.matrix(q$fit)[1, ]), error = as.numeric(as.matrix(q$se.fit)[1, ]))
}
npmle <- survfit(Surv(after, up_to, type = "interval2") ~ 1, i)
out("intervals", list(weibull = fit(i, "weibull"), lognormal = fit(i, "lognormal"),
                      turnbull = list(time = npmle$time, free = npmle$surv)))
writeLines(c(R.version.string, paste("survival", packageVersion("survival")), paste("cmprsk", packageVersion("cmprsk"))), "versions.txt")
