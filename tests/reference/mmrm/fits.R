# Reference fits with R's nlme::gls, lme4 + pbkrtest and clubSandwich: Rscript fits.R [folder of the antidepressant trial]
# writes gls.json, kenward_roger.json, sandwich.json and antidepressant.json beside this file.
suppressPackageStartupMessages({library(nlme); library(lme4); library(pbkrtest); library(clubSandwich); library(emmeans); library(jsonlite)})
# nlminb alone stops at a relative change of 1e-10 of the log-likelihood, which is 1e-4 standard errors of a variance from the
# optimum; optim goes on from there.
coarse <- glsControl(maxIter = 1000, msMaxIter = 1000, tolerance = 1e-10, apVar = FALSE)
fine <- glsControl(maxIter = 1000, msMaxIter = 5000, tolerance = 1e-12, msTol = 1e-15, opt = "optim", apVar = FALSE)

correlations <- function(m) list(
  "unstructured" = list(corSymm(form = ~ v | id), TRUE),
  "compound-symmetry" = list(corCompSymm(form = ~ v | id), FALSE),
  "heterogeneous-compound-symmetry" = list(corCompSymm(form = ~ v | id), TRUE),
  "ar1" = list(corAR1(form = ~ v | id), FALSE),
  "heterogeneous-ar1" = list(corAR1(form = ~ v | id), TRUE),
  "toeplitz" = list(corARMA(form = ~ v | id, p = m - 1), FALSE),
  "heterogeneous-toeplitz" = list(corARMA(form = ~ v | id, p = m - 1), TRUE))

fit_gls <- function(formula, data, structure, method) {
  weights <- if (structure[[2]]) varIdent(form = ~ 1 | visit) else NULL
  fit <- gls(formula, data, correlation = structure[[1]], weights = weights, method = method, control = coarse)
  for (again in 1:2) {
    better <- tryCatch(continued(fit, formula, data, method), error = function(e) { message(conditionMessage(e)); fit })
    if (as.numeric(logLik(better)) >= as.numeric(logLik(fit))) fit <- better
  }
  fit
}

continued <- function(fit, formula, data, method) {
  started <- fit$modelStruct
  gls(formula, data, correlation = started$corStruct, weights = started$varStruct, method = method, control = fine)
}

visit_covariance <- function(fit, data, m) {
  # The covariance of a patient who has all visits: from the fitted correlation structure on such a patient.
  struct <- fit$modelStruct$corStruct
  ratio <- rep(1, m)
  if (!is.null(fit$modelStruct$varStruct)) {
    found <- coef(fit$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)
    ratio <- as.numeric(found[as.character(1:m)])
  }
  whole <- names(which(table(data$id) == m))[1]
  corr <- corMatrix(struct)[[whole]]
  fit$sigma^2 * corr * outer(ratio, ratio)
}

described <- function(fit, data, m) list(
  names = names(coef(fit)), coefficients = as.numeric(coef(fit)), vcov = unname(vcov(fit)),
  covariance = unname(visit_covariance(fit, data, m)), loglik = as.numeric(logLik(fit)))

read_trial <- function(name) {
  data <- read.csv(paste0("trial_", name, ".csv"))
  data <- data[!is.na(data$score), ]
  data$v <- data$visit
  data$visit <- factor(data$visit); data$id <- factor(data$id)
  data$arm <- factor(data$arm); data$sex <- factor(data$sex)
  data[order(data$id, data$v), ]
}

formula <- score ~ baseline * visit + arm * visit + sex
found <- list(); means <- list()
for (name in c("complete", "missing_10", "missing_25", "missing_40")) {
  data <- read_trial(name); m <- nlevels(data$visit)
  for (structure in names(correlations(m))) for (method in c("REML", "ML")) {
    key <- paste(name, structure, tolower(method))
    fit <- tryCatch(fit_gls(formula, data, correlations(m)[[structure]], method), error = function(e) conditionMessage(e))
    if (is.character(fit)) { message(key, ": ", fit); next }
    found[[key]] <- described(fit, data, m)
    if (structure == "unstructured" && method == "REML") {
      grid <- as.data.frame(emmeans(fit, ~ arm | visit, mode = "asymptotic"))
      means[[name]] <- list(arm = as.character(grid$arm), visit = as.character(grid$visit), estimate = grid$emmean, std_error = grid$SE)
    }
  }
}
write_json(list(fits = found, means = means), "gls.json", digits = I(9), auto_unbox = TRUE)

kr <- list()
for (name in c("complete", "missing_10", "missing_25", "missing_40")) {
  data <- read_trial(name)
  control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 2e-4, rhoend = 1e-12, maxfun = 1e6), calc.derivs = FALSE)
  fit <- lmer(update(formula, . ~ . + (1 | id)), data, REML = TRUE, control = control)
  adjusted <- vcovAdj(fit); p <- length(fixef(fit))
  df <- sapply(1:p, function(j) get_Lb_ddf(fit, diag(p)[j, ]))
  rows <- grep("arm.*:|:.*arm", names(fixef(fit)))
  joint <- KRmodcomp(fit, diag(p)[rows, ])
  kr[[name]] <- list(names = names(fixef(fit)), coefficients = as.numeric(fixef(fit)), vcov = unname(as.matrix(adjusted)),
    df = as.numeric(df), tested = names(fixef(fit))[rows], joint = unname(unlist(joint$test["Ftest", c("stat", "ndf", "ddf", "F.scaling")])))
}
write_json(kr, "kenward_roger.json", digits = I(9), auto_unbox = TRUE)

robust <- list()
for (name in c("complete", "missing_25")) {
  data <- read_trial(name); m <- nlevels(data$visit)
  for (structure in c("unstructured", "ar1")) {
    fit <- fit_gls(formula, data, correlations(m)[[structure]], "REML")
    for (type in c("CR0", "CR2", "CR3")) {
      covariance <- tryCatch(vcovCR(fit, cluster = data$id, type = type), error = function(e) { message(name, " ", structure, " ", type, ": ", conditionMessage(e)); NULL })
      if (is.null(covariance)) next
      tested <- coef_test(fit, covariance, test = "Satterthwaite")
      df <- if ("df_Satt" %in% names(tested)) tested$df_Satt else tested$df
      robust[[paste(name, structure, type)]] <- list(vcov = unname(as.matrix(covariance)), df = as.numeric(df))
    }
  }
}
write_json(robust, "sandwich.json", digits = I(9), auto_unbox = TRUE)

folder <- commandArgs(trailingOnly = TRUE)
if (length(folder)) {
  data <- read.csv(file.path(folder[1], "antidepressant_data.csv"))
  data <- data.frame(id = factor(data$PATIENT), visit = factor(data$VISIT), v = data$VISIT - 3, arm = relevel(factor(data$THERAPY), "DRUG"), baseline = data$BASVAL, score = data$CHANGE)
  data <- data[order(data$id, data$v), ]
  out <- list()
  for (structure in names(correlations(4))) {
    fit <- fit_gls(score ~ baseline * visit + arm * visit, data, correlations(4)[[structure]], "REML")
    ratio <- c("4" = 1)
    each <- described(fit, data, 4)
    if (!is.null(fit$modelStruct$varStruct)) {
      found <- coef(fit$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)
      whole <- names(which(table(data$id) == 4))[1]
      ratio <- as.numeric(found[c("4", "5", "6", "7")])
      each$covariance <- unname(fit$sigma^2 * corMatrix(fit$modelStruct$corStruct)[[whole]] * outer(ratio, ratio))
    }
    out[[structure]] <- each
  }
  write_json(out, "antidepressant.json", digits = I(9), auto_unbox = TRUE)
}
