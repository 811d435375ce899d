"""What tells the classes of a data set apart without a picture, as training keeps it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Leak:
    """File metadata that give the class away."""

    auc: float  # of all facts of a file together
    fact: str  # the strongest one: `file type`
    clue: str  # its usual values: `file type: reals JPEG; fakes PNG`
    remedy: str  # the command that makes a copy without it, or a sentence where none does
    seen: bool = True  # whether the network sees pictures as their files have them

    @property
    def sentence(self) -> str:
        """What the audit found, in words."""
        return f"file metadata alone, no picture, tell real from fake with AUC {self.auc:.3f}" + (
            f" ({self.clue})" if self.clue else ""
        )

    @property
    def helps(self) -> str:
        """What helps, in words."""
        return f"`{self.remedy}` helps" if self.is_command else self.remedy

    @property
    def is_command(self) -> bool:
        """Whether the remedy can be pasted into a shell."""
        return self.remedy.startswith("fakelens ")
