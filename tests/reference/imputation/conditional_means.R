# What a maximum-likelihood fit expects of scores not seen, given the scores seen: Rscript conditional_means.R
# reads ../mmrm/trial_missing_25.csv and writes conditional_means.json beside this file. The fit is nlme::gls, unstructured,
# every covariate crossed with visit; the conditional means and covariances are worked out here, patient by patient.
suppressPackageStartupMessages({library(nlme); library(jsonlite)})
coarse <- glsControl(maxIter = 1000, msMaxIter = 1000, tolerance = 1e-10, apVar = FALSE)
fine <- glsControl(maxIter = 1000, msMaxIter = 5000, tolerance = 1e-12, msTol = 1e-15, opt = "optim", apVar = FALSE)

whole <- read.csv("../mmrm/trial_missing_25.csv")
whole$v <- whole$visit
whole$visit <- factor(whole$visit); whole$id <- factor(whole$id)
whole$arm <- factor(whole$arm); whole$sex <- factor(whole$sex)
whole <- whole[order(whole$id, whole$v), ]
seen <- whole[!is.na(whole$score), ]
formula <- score ~ visit * (baseline + arm + sex)
m <- nlevels(whole$visit)
fit <- gls(formula, seen, correlation = corSymm(form = ~ v | id), weights = varIdent(form = ~ 1 | visit), method = "ML",
           control = coarse)
for (again in 1:2) {
  started <- fit$modelStruct
  fit <- gls(formula, seen, correlation = started$corStruct, weights = started$varStruct, method = "ML", control = fine)
}

ratio <- as.numeric(coef(fit$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)[as.character(1:m)])
complete <- names(which(table(seen$id) == m))[1]
# gls gives sigma with N in ML.
covariance <- fit$sigma^2 * corMatrix(fit$modelStruct$corStruct)[[complete]] * outer(ratio, ratio)
mean <- as.numeric(model.matrix(formula[-2], whole) %*% coef(fit))

patients <- list()
for (id in levels(whole$id)) {
  rows <- which(whole$id == id)
  o <- which(!is.na(whole$score[rows])); u <- setdiff(1:m, o)
  if (length(u) == 0 || length(o) == 0) next
  slope <- covariance[u, o, drop = FALSE] %*% solve(covariance[o, o, drop = FALSE])
  expected <- mean[rows][u] + slope %*% (whole$score[rows][o] - mean[rows][o])
  left <- covariance[u, u, drop = FALSE] - slope %*% covariance[o, u, drop = FALSE]
  patients[[id]] <- list(missing = I(u), expected = I(as.numeric(expected)), left = left)
}
write_json(list(covariance = covariance, loglik = as.numeric(logLik(fit)), patients = patients,
                versions = list(R = paste(R.version$major, R.version$minor, sep = "."),
                                nlme = as.character(packageVersion("nlme")))),
           "conditional_means.json", digits = 10, auto_unbox = TRUE)
