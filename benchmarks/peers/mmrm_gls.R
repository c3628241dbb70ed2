# The same model with nlme::gls: Rscript mmrm_gls.R TABLE.csv OUT.txt writes the seconds of the fit, then name and value
# of each coefficient.
suppressPackageStartupMessages(library(nlme))
files <- commandArgs(trailingOnly = TRUE)
rows <- read.csv(files[1])
rows <- rows[!is.na(rows$total), ]
rows$v <- rows$visit
rows$visit <- factor(rows$visit)
taken <- system.time(fit <- gls(total ~ baseline * visit + arm * visit, rows, correlation = corSymm(form = ~ v | id),
                                weights = varIdent(form = ~ 1 | visit), control = glsControl(msMaxIter = 500)))[["elapsed"]]
writeLines(c(format(taken, digits = 10), paste(names(coef(fit)), format(coef(fit), digits = 15, trim = TRUE))), files[2])
