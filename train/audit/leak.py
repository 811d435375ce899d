"""What tells the classes of a data set apart without a picture, as training keeps it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Leak:
    """File metadata that give the class away."""

    auc: float  # of all facts of a file together
    fact: str  # the strongest one: `file type`
    clue: str  # its usual values: `file type: reals JPEG; fakes PNG`
    remedy: str  # the command that makes a copy without it
    seen: bool = True  # whether the network sees pictures as their files have them

    @property
    def sentence(self) -> str:
        """What the audit found, in words."""
        return f"file metadata alone, no picture, tell real from fake with AUC {self.auc:.3f}" + (
            f" ({self.clue})" if self.clue else ""
        )
