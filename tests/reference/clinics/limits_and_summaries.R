# Funnel limits, a case mix, partially pooled rates and random-effects summaries, with R's own functions.
# Run in this folder: Rscript limits_and_summaries.R
library(jsonlite)

# Exact binomial limits, interpolated (Spiegelhalter 2005); the upper side is that of those without the outcome.
lower <- function(n, p, tail) {
  r <- qbinom(tail, n, p)
  (r - (pbinom(r, n, p) - tail) / (pbinom(r, n, p) - pbinom(r - 1, n, p))) / n
}
n <- c(8, 15, 40, 120, 900, 40000)
targets <- c(0.05, 0.36, 0.5, 0.9)
grid <- expand.grid(n = n, target = targets, level = c(0.95, 0.998))
grid$low <- pmax(mapply(lower, grid$n, grid$target, (1 - grid$level) / 2), 0)
grid$high <- pmin(1 - mapply(lower, grid$n, 1 - grid$target, (1 - grid$level) / 2), 1)

# Winsorised over-dispersion: quantile() of R's default type.
z <- c(-4.1, -2.2, -1.7, -1.1, -0.4, 0.2, 0.3, 0.9, 1.8, 2.6, 3.3, 7.5)
edges <- quantile(z, c(0.1, 0.9))
phi <- mean(pmin(pmax(z, edges[1]), edges[2])^2)

# Indirect standardisation: admissions to six departments, the "clinics", by gender.
admissions <- as.data.frame(UCBAdmissions)
wide <- reshape(admissions, idvar = c("Gender", "Dept"), timevar = "Admit", direction = "wide")
names(wide)[3:4] <- c("admitted", "rejected")
fit <- glm(cbind(admitted, rejected) ~ Gender, binomial, wide)
wide$total <- wide$admitted + wide$rejected
expected <- tapply(fitted(fit) * wide$total, wide$Dept, sum)

# Partially pooled rates by brute force: the posterior of the mean m (uniform) and the root s of the correlation (uniform).
x <- c(3, 30, 50, 45, 9, 28, 0, 12)
size <- c(4, 60, 100, 100, 40, 41, 6, 30)
m <- (seq_len(400) - 0.5) / 400
s <- (seq_len(400) - 0.5) / 400
fine <- expand.grid(m = m, s = s)
k <- (1 - fine$s^2) / fine$s^2
a <- fine$m * k
b <- (1 - fine$m) * k
loglik <- rowSums(mapply(function(x, n) lbeta(a + x, b + n - x) - lbeta(a, b), x, size))
w <- exp(loglik - max(loglik))
w <- w / sum(w)
keep <- w > 1e-9
a <- a[keep]; b <- b[keep]; w <- w[keep] / sum(w[keep])
pooled <- mapply(function(x, n) sum(w * (a + x) / (a + b + n)), x, size)
percentile <- function(share) mapply(function(x, n) {
  uniroot(function(q) sum(w * pbeta(q, a + x, b + n - x)) - share, c(1e-9, 1 - 1e-9), tol = 1e-8)$root
}, x, size)

# Random effects by REML on the logit, with Hartung and Knapp's interval, written out.
summarise <- function(x, n) {
  edge <- ifelse(x == 0 | x == n, 0.5, 0)
  x <- x + edge
  others <- (n + 2 * edge) - x
  y <- log(x / others)
  v <- 1 / x + 1 / others
  loss <- function(tau2) {
    w <- 1 / (v + tau2)
    m <- sum(w * y) / sum(w)
    0.5 * (sum(log(v + tau2)) + log(sum(w)) + sum(w * (y - m)^2))
  }
  tau2 <- optimize(loss, c(0, 20), tol = 1e-12)$minimum
  if (loss(0) <= loss(tau2)) tau2 <- 0
  w <- 1 / (v + tau2)
  m <- sum(w * y) / sum(w)
  se <- sqrt(sum(w * (y - m)^2) / (length(y) - 1) / sum(w))
  q <- sum((y - sum(y / v) / sum(1 / v))^2 / v)
  half <- qt(0.975, length(y) - 1) * se
  reach <- if (length(y) > 2) qt(0.975, length(y) - 2) * sqrt(tau2 + se^2) else NA
  list(x = x - edge, n = n, estimate = plogis(m), low = plogis(m - half), high = plogis(m + half),
       prediction_low = plogis(m - reach), prediction_high = plogis(m + reach),
       tau = sqrt(tau2), i_squared = max(0, 1 - (length(y) - 1) / q))
}
write(toJSON(list(
  limits = grid, z = z, phi = phi,
  admissions = wide[c("Gender", "Dept", "admitted", "total")], expected = as.list(expected),
  pooled = list(x = x, n = size, estimate = pooled, low = percentile(0.025), high = percentile(0.975)),
  summaries = list(summarise(c(288, 783), c(537, 1247)), summarise(c(15, 108, 49, 20, 68), c(82, 195, 73, 44, 106)),
                   summarise(c(0, 3, 5, 2), c(20, 40, 33, 25)), summarise(c(20, 21, 19), c(40, 40, 40))),
  version = R.version.string
), auto_unbox = TRUE, digits = NA, pretty = TRUE, na = "null"), "limits_and_summaries.json")
