# State occupancy by survival::survfit, of the paths in paths.csv: `Rscript occupancy.R` in this folder.
# Everybody begins in an extra state before day 0 and goes to their first state on day 0.
library(survival)
options(digits = 17)
paths <- read.csv("paths.csv")
number <- function(x) formatC(x, digits = 17, format = "g")
listed <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")
grid <- function(x) paste0("[", paste(apply(x, 1, listed), collapse = ",\n  "), "]")
days <- 0:60
parts <- c()
for (name in unique(paths$set)) {
  own <- paths[paths$set == name, ]
  states <- sort(unique(own$state))
  moved <- data.frame()
  for (person in unique(own$person)) {
    rows <- own[own$person == person, ]
    k <- nrow(rows)
    # A state entered on day d is a transition at d; nobody's last row ends in one.
    start <- c(-1, rows$from_day)
    stop <- c(rows$from_day, rows$to_day[k])
    event <- c(paste0("s", rows$state), "censored")
    keep <- stop > start
    moved <- rbind(moved, data.frame(id = person, start = start, stop = stop, event = event)[keep, ])
  }
  moved$event <- factor(moved$event, levels = c("censored", paste0("s", states)))
  fit <- survfit(Surv(start, stop, event) ~ 1, data = moved, id = moved$id)
  at <- summary(fit, times = days, extend = TRUE)
  columns <- match(paste0("s", states), at$states)
  part <- paste0('"', name, '": {"states": ', listed(states), ',\n "share": ', grid(at$pstate[, columns]),
                 ',\n "std_error": ', grid(at$std.err[, columns]))
  if (name == "deaths") {
    last <- aggregate(to_day ~ person, own, max)
    first <- own[own$state == 1, c("person", "from_day")]
    alone <- merge(last, first, all.x = TRUE)
    died <- !is.na(alone$from_day)
    # Shifted by a day, so that who is followed on day 0 only is there.
    plain <- survfit(Surv(ifelse(died, alone$from_day, alone$to_day) + 1, died) ~ 1)
    km <- summary(plain, times = days + 1, extend = TRUE)
    part <- paste0(part, ',\n "kaplan_meier": ', listed(km$surv), ',\n "greenwood": ', listed(km$std.err))
  }
  parts <- c(parts, paste0(part, "}"))
}
version <- paste0('"made_with": "R ', getRversion(), ", survival ", packageVersion("survival"), '"')
writeLines(paste0("{", paste(c(version, parts), collapse = ",\n"), "}"), "occupancy.json")
