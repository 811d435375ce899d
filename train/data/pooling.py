"""From the scores of tiles to those of images, as `fakelens check` pools them; the pool is chosen here."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fakelens.benchmarks.metrics import roc_auc
from fakelens.edge_runtime.modelfile.contract import Pool
from fakelens.edge_runtime.pictures.tiles import pool_scores

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class JudgedImages:
    """Images that are judged as a whole, and where their tiles are among the rows of a split."""

    groups: tuple[npt.NDArray[np.int64], ...]  # rows of each image's tiles
    labels: npt.NDArray[np.uint8]  # [images], 1 is fake
    pictures: npt.NDArray[np.int64]  # [images], the number of what each shows, with or without a history

    def pool(self, p_fake: Floats, pool: Pool) -> Floats:
        """Return P(fake) [images] from that of all rows [n]."""
        if all(len(rows) == 1 for rows in self.groups):
            return p_fake[np.concatenate(self.groups)]
        return np.array([pool_scores(p_fake[rows], pool) for rows in self.groups])

    def choose_pool(self, p_fake: Floats) -> Pool:
        """Return the pool with the highest AUC on these images, the mean where it makes no difference.

        Of those that need nothing but scores; weighing by texture is chosen when a file is fused.
        """
        return max((Pool.MEAN, Pool.TOP), key=lambda pool: roc_auc(self.labels, self.pool(p_fake, pool)))


def group_images(
    owners: npt.NDArray[np.int64],
    labels: npt.NDArray[np.uint8],
    pictures: npt.NDArray[np.int64] | None = None,
) -> JudgedImages:
    """Return the images whose tiles' owners [n] and labels [n] these are, in the order of the owners.

    `pictures` [n] are the numbers of what the tiles' images show; without them, each shows another.
    """
    order = np.argsort(owners, kind="stable")
    starts = np.flatnonzero(np.diff(owners[order], prepend=owners[order[0]] - 1))
    groups = tuple(np.split(order, starts[1:]))
    firsts = [rows[0] for rows in groups]
    shown = np.arange(len(groups)) if pictures is None else pictures[firsts]
    return JudgedImages(groups=groups, labels=labels[firsts], pictures=shown)
