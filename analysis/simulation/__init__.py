"""Cohorts with a known truth: a generative model of ketamine and esketamine clinics.

Nothing here is estimated from patients. The numbers (``parameters.toml``) are assumptions, tuned until the simulated
clinics have the published shape of the field, so that estimates can be tested against a truth and reports can be shown.

The model
---------
*Who comes.* Patients start on weekdays, a few more in each quarter. Each has a clinic, an arm (ketamine iv or im,
esketamine intranasal), a payer that depends on the arm, and a common severity z ~ N(0, 1). A scale's baseline is
mean + sd * (r z + sqrt(1 - r^2) e), cut to the scale's range.

*Relief* is the share of the baseline that is gone. Each person has a ceiling c (logit-normal, shifted a little by
clinic), a gain g (logit-normal) and a fading time f (log-normal). A session moves relief R to R + g max(c - R, 0); in t
days without a session R fades by exp(-t / f). Time alone brings some recovery, 1 - exp(-day / 240) of a person's own
part. So effect is lost after loading, and maintenance delays the loss.

*Totals.* On each step of days a scale shows baseline * (1 - m * relief) + noise, rounded and cut to its range; m is
the person's own strength on that scale. Clinician scales, which can ask about one day, show some more of the gain on
the day after a session. Baseline and noise belong to the step, not to the assessment: see *Truth*.

*Sessions.* Ketamine: 4, 6 or 8 loading sessions, about two a week, then perhaps maintenance every 2 to 6 weeks.
Esketamine: two a week for four weeks, weekly to week eight, then every one or two weeks. Some sessions are cancelled,
missed or stopped early. After each session a patient may leave: the less relief, the sooner, and sooner when paying
themselves. Entering maintenance depends on relief and payer. Some who left come back after more than 90 days, for a
booster or another full series, more of them if they had responded; a few go on at once with the other drug.

*Assessments.* PHQ-9 at intake, before sessions, at a call a week after loading and at monthly calls after the last
session; the other scales at some of these. An assessment is missed more often by the unwell (its own total decides)
and at some clinics, so data are missing not at random and observed rates exceed those of all who started. About 5 % of
patients have no baseline. Items add up to the total; some are skipped, only where prorating gives the same total; some
totals are then written as the raw sum. A few rows carry a typing error, which the checks set aside.

*Safety, events, referrals.* Blood pressure, CADSS, sedation and readiness at each session; adverse events depend on
the person and fall with habituation; events in care are more frequent among the unwell; deaths are rare and come by
chance. Some referrals never lead to treatment, with a reason.

*Truth.* ``truth`` holds, for each scale a patient is followed with, the total that would have been recorded on each day
from 60 days before treatment to the data cut or death, as stretches of equal days. A recorded ``pre`` or ``between``
total equals the truth of its day, a ``post`` total that of the following day. A course runs from the day after its
first session to the first day of the next course; the days before treatment belong to course 1. The states:

- ``before-treatment``: up to day 0;
- ``remitted``: at or under the scale's remission cut-off;
- ``responded``: at least half of the baseline gone, not remitted;
- ``lost-response``: neither, but responded or remitted earlier in the course;
- ``not-responded``: neither, nor earlier in the course;
- ``died``: no total any more, recorded or not.

The baseline is the one METHODS.md picks from the recorded scores, or the total of the course's first day where none is
recorded. States say nothing of the entry score, and nothing of being in treatment: sessions do.
"""

from analysis.simulation.clinic_export import write_clinic_export
from analysis.simulation.files import write_dataset
from analysis.simulation.simulated import Simulated, simulate

__all__ = ["Simulated", "simulate", "write_clinic_export", "write_dataset"]


def __dir__() -> list[str]:
    """List what is for use only: the modules it is in would stand between."""
    return __all__
