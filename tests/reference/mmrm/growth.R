# The growth data of Potthoff & Roy (1964), which nlme holds as Orthodont, with gls and lme: Rscript growth.R writes growth.json.
suppressPackageStartupMessages({library(nlme); library(jsonlite)})
rows <- as.data.frame(Orthodont)
rows$Subject <- factor(as.character(rows$Subject))
rows$Sex <- factor(as.character(rows$Sex), levels = c("Male", "Female"))
rows$visit <- factor(rows$age)
rows$v <- as.integer(rows$visit)
rows <- rows[order(rows$Subject, rows$v), ]
fine <- glsControl(maxIter = 1000, msMaxIter = 5000, tolerance = 1e-12, msTol = 1e-15, opt = "optim", apVar = FALSE)
free <- gls(distance ~ Sex * age, rows, correlation = corSymm(form = ~ v | Subject), weights = varIdent(form = ~ 1 | visit), method = "ML", control = fine)
one <- gls(distance ~ Sex * age, rows, correlation = corCompSymm(form = ~ v | Subject), method = "ML", control = fine)
# An intercept and a residual variance for each sex is compound symmetry for each sex.
each <- lme(distance ~ Sex * age, rows, random = list(Subject = pdDiag(~ 0 + Sex)), weights = varIdent(form = ~ 1 | Sex), method = "ML",
            control = lmeControl(opt = "optim", maxIter = 500, msMaxIter = 5000, tolerance = 1e-12, msTol = 1e-14))
ratio <- coef(free$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)[c("8", "10", "12", "14")]
rho <- coef(one$modelStruct$corStruct, unconstrained = FALSE)
sds <- as.numeric(VarCorr(each)[1:2, "StdDev"])
names(sds) <- rownames(VarCorr(each))[1:2]
residual <- each$sigma * coef(each$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)
exact <- as.matrix(getVarCov(each))
write_json(list(
  unstructured = list(coefficients = unname(coef(free)), loglik = as.numeric(logLik(free)),
    covariance = unname(free$sigma^2 * corMatrix(free$modelStruct$corStruct)[[1]] * outer(ratio, ratio))),
  "compound-symmetry" = list(coefficients = unname(coef(one)), loglik = as.numeric(logLik(one)), variance = one$sigma^2, covariance = one$sigma^2 * unname(rho)),
  "by sex" = list(coefficients = unname(fixef(each)), loglik = as.numeric(logLik(each)),
    covariance = list(M = exact["SexMale", "SexMale"], F = exact["SexFemale", "SexFemale"]),
    residual = list(M = unname(residual["Male"])^2, F = unname(residual["Female"])^2))), "growth.json", digits = I(10), auto_unbox = TRUE)
