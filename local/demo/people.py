"""Who works in the demo company."""

from dataclasses import dataclass

ADMIN_EMAIL = "robert@polaris.example"
MANAGER_EMAIL = "maya@polaris.example"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is measured, and how they work; 1 is usual in their team.

    `pace` is how much they do in a day and how fast they answer, `care` how content their customers are and
    how well they sell. `drift` is what becomes of their pace over the 90 days: −0.2 ends a fifth slower.
    """

    name: str
    email: str
    pace: float = 1
    care: float = 1
    drift: float = 0
    is_reviewed: bool = True
    """Whether the manager has entered the last month's manual values; without them the coverage is lower."""


STAR = Person("Lena Fischer", "lena@polaris.example", pace=1.3, care=1.1, drift=0.1)
STRUGGLER = Person("Marco Rossi", "marco@polaris.example", pace=0.72, care=0.85, drift=-0.25)

SUPPORT = (
    STAR,
    Person("Tomas Novak", "tomas@polaris.example", pace=1.04),
    Person("Priya Raman", "priya@polaris.example", pace=0.98, care=1.08),
    Person("Jonas Weber", "jonas@polaris.example", pace=0.96),
    Person("Aylin Demir", "aylin@polaris.example", care=0.95, drift=0.12),
    STRUGGLER,
)
SALES = (
    Person("Sofia Lindqvist", "sofia@polaris.example", pace=1.05, care=1.1, drift=0.1),
    Person("David Mensah", "david@polaris.example"),
    Person("Emma Clarke", "emma@polaris.example", pace=0.9, care=1.15),
    Person("Pavel Horak", "pavel@polaris.example", pace=1.15, care=0.88),
    Person("Ines Duarte", "ines@polaris.example", pace=0.95, drift=0.15, is_reviewed=False),
)
