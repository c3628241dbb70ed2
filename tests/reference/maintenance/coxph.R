# Rscript coxph.R > coxph.csv: what R's survival gives for intervals.csv, with the version in the last line.
library(survival)
rows <- read.csv("intervals.csv")
one <- coxph(Surv(start, stop, event) ~ recent, data = rows, ties = "breslow", cluster = person)
two <- coxph(Surv(start, stop, event) ~ recent + severe, data = rows, ties = "breslow", cluster = person)
cat("model,name,log_ratio,error,clustered_error\n")
for (model in c("one", "two")) {
  fit <- get(model)
  for (k in seq_along(coef(fit))) {
    cat(sprintf("%s,%s,%.15g,%.15g,%.15g\n", model, names(coef(fit))[k], coef(fit)[k],
                sqrt(diag(as.matrix(fit$naive.var)))[k], sqrt(diag(as.matrix(vcov(fit))))[k]))
  }
}
cat(sprintf("version,%s %s,,,\n", R.version.string, packageVersion("survival")))
