"""A clinic with referrals, drawn: ten referrals of nine people, every way down from referred to maintenance."""

from pathlib import Path
from typing import Any

from small_clinic import write_clinic

CUT = "2026-06-30"

PATIENTS = """
    patient_id | payer    | race_ethnicity | sex    | age | failed_trials | diagnosis
    P1         | self-pay | white          | female |  30 |             2 | mdd
    P2         | self-pay | asian          | male   |  50 |             4 | mdd
    P3         | medicaid | white          | female |     |               | ptsd
    P4         | medicaid | white          | male   |  70 |             3 |
    P5         | va       |                | female |  40 |             1 | mdd
"""
# P1 completes loading and goes on; P2 completes it and does not; P3 stops after one session; P4 is still in loading;
# P5 was in treatment before the referral.
SESSIONS = """
    patient_id | day | date       | treatment | route | status
    P1         |   0 | 2026-01-05 | ketamine  | iv    | given
    P1         |   3 | 2026-01-08 | ketamine  | iv    | given
    P1         |   7 | 2026-01-12 | ketamine  | iv    | given
    P1         |  10 | 2026-01-15 | ketamine  | iv    | given
    P1         |  40 | 2026-02-14 | ketamine  | iv    | given
    P1         |  70 | 2026-03-16 | ketamine  | iv    | cancelled
    P2         |   0 | 2026-02-02 | ketamine  | im    | given
    P2         |   3 | 2026-02-05 | ketamine  | im    | given
    P2         |   7 | 2026-02-09 | ketamine  | im    | stopped-early
    P2         |  10 | 2026-02-12 | ketamine  | im    | given
    P3         |   0 | 2026-03-02 | ketamine  | iv    | given
    P3         |   3 | 2026-03-05 | ketamine  | iv    | no-show
    P4         |   0 | 2026-06-25 | ketamine  | iv    | given
    P5         |   0 | 2025-01-06 | ketamine  | iv    | given
"""
SCORES = """
    patient_id | day | instrument | total
    P1         |   0 | PHQ-9      | 20
    P1         |  17 | PHQ-9      |  8
    P2         |   0 | PHQ-9      | 18
    P2         |  17 | PHQ-9      | 15
    P3         |   0 | PHQ-9      | 12
"""
# R1 is the second referral of P1; R2 is the first. R9 was judged suitable, R10 is still to be seen.
REFERRALS = """
    referral_id | patient_id | date       | source    | payer    | evaluated | suitable | reason_not_treated | wait_days
    R1          | P1         | 2026-01-01 | self      | self-pay | true      | true     |                    |
    R2          | P1         | 2025-12-06 | hospital  | self-pay | true      | true     |                    | 30
    R3          | P2         | 2026-01-23 | self      | self-pay |           |          |                    |
    R4          | P3         | 2026-02-10 | self      | medicaid | true      | true     |                    | 20
    R5          | P4         | 2026-06-15 | self      |          | true      | true     |                    | 10
    R6          | P5         | 2026-02-01 | self      | va       | true      | true     |                    |
    R7          |            | 2026-03-01 | therapist | medicaid | false     |          | no-contact         |
    R8          |            | 2026-03-02 | therapist | medicaid | true      | false    | medical            |
    R9          |            | 2026-03-03 | therapist | medicaid | true      | true     | cost               |
    R10         |            | 2026-06-10 | therapist | medicaid | false     |          |                    |
"""


def write_referred(folder: Path, **tables: str) -> Path:
    """Write the clinic, with other tables where they are drawn."""
    drawn = {"patients": PATIENTS, "sessions": SESSIONS, "scores": SCORES, "referrals": REFERRALS} | tables
    return write_clinic(folder, data_cut=CUT, **{name: text for name, text in drawn.items() if text})


def referred_cohort(folder: Path, **tables: str) -> Any:
    """Write the clinic and derive it."""
    from analysis.cohort.cohort import derive
    from analysis.intake.dataset import open_dataset

    return derive(open_dataset(write_referred(folder, **tables)))
